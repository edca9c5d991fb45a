#!/bin/bash
# The Versity gateway as an S3 server for tests: small, quick to start; objects are files. Built from source.
# usage: versitygw.sh install
#        versitygw.sh start DIR [ADDRESS]   default 127.0.0.1; prints the endpoint and the file with the keys, a line each
#        versitygw.sh stop DIR              the data stay in DIR, whose file system must have user attributes
# Not as S3 does it: a PUT with an unsigned payload whose connection is closed half-way is kept, truncated, with 200.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=v1.8.0
home=$cache/versitygw-$version

install() { install_whole "$home" fill_go "github.com/versity/versitygw/cmd/versitygw@$version"; }

run() { # DIR ADDRESS
    local dir=$1 address=$2 port
    port=$(free_ports "$address" 1)
    mkdir -p "$dir/versions" "$dir/iam"
    (
        . "$dir/credentials"
        export ROOT_ACCESS_KEY=$AWS_ACCESS_KEY_ID ROOT_SECRET_KEY=$AWS_SECRET_ACCESS_KEY
        start_process "$dir" "$home/versitygw" --port "$address:$port" --region "${VGW_REGION:-us-east-1}" --keep-alive \
            --iam-dir "$dir/iam" --virtual-domain "localhost:$port" posix --versioning-dir "$dir/versions" "$dir/data"
    )
    wait_s3 "$dir" "http://$address:$port"
    echo "http://$address:$port"
}

main "$@"
