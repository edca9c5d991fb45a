#!/bin/bash
# MinIO as an S3 server for tests: strict, with versions, object lock, encryption, users and policies. Built from source.
# usage: minio.sh install
#        minio.sh start DIR [ADDRESS]   default 127.0.0.1; prints the endpoint and the file with the keys, a line each
#        minio.sh stop DIR              the data stay in DIR
# MINIO_DIRECTORIES in the environment: over how many it spreads the data, 4 by default. With 1 it spends a quarter less time, but has
# neither versions nor object lock.
# Not as S3 does it: where an object `a` exists, lists hide `a/b`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=v0.0.0-20260212201848-7aac2a2c5b7c
home=$cache/minio-$version

install() { install_whole "$home" fill_go "github.com/minio/minio@$version"; }

run() { # DIR ADDRESS
    local dir=$1 address=$2 directories=${MINIO_DIRECTORIES:-4} port data
    port=$(free_ports "$address" 1)
    data=$dir/data/{1...$directories}
    [ "$directories" != 1 ] || data=$dir/data/1
    for ((i = 1; i <= directories; i++)); do mkdir -p "$dir/data/$i"; done
    (
        . "$dir/credentials"
        export MINIO_ROOT_USER=$AWS_ACCESS_KEY_ID MINIO_ROOT_PASSWORD=$AWS_SECRET_ACCESS_KEY
        # Server-side encryption needs a key of the server's own, here named `test-key`; this one guards nothing.
        MINIO_KMS_SECRET_KEY=test-key:$(printf 'key of a test server' | openssl dgst -sha256 -binary | base64)
        export MINIO_KMS_SECRET_KEY
        export MINIO_BROWSER=off MINIO_UPDATE=off MINIO_CALLHOME_ENABLE=off MINIO_DOMAIN=localhost
        # It may use the disk of the root file system, and little memory.
        export CI=on MINIO_CI_CD=1 GOMEMLIMIT=256MiB
        start_process "$dir" "$home/minio" server --quiet --address "$address:$port" "$data"
    )
    wait_s3 "$dir" "http://$address:$port"
    echo "http://$address:$port"
}

main "$@"
