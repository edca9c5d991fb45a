#!/bin/bash
# moto as AWS's STS, IAM and Secrets Manager for tests.
# usage: moto.sh install
#        moto.sh start DIR [ADDRESS]   default 127.0.0.1; prints the endpoint and a file with keys, a line each
#        moto.sh stop DIR              nothing is kept
# Not as AWS does it: no signature is checked until POST /moto-api/reset-auth, the policy of a session binds nobody,
# and a secret that does not exist answers 404 where AWS says 400.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=5.2.5
venv=$cache/moto-$version

install() { install_whole "$venv" fill_venv "moto[server]==$version"; }

run() { # DIR ADDRESS
    local port
    port=$(free_ports "$2" 1)
    start_process "$1" "$venv/bin/python3" -m moto.server -H "$2" -p "$port"
    wait_ready "$1" url_answers "http://$2:$port/moto-api/" 200
    echo "http://$2:$port"
}

main "$@"
