#!/bin/bash
# toxiproxy: puts latency, resets, stalls and more between a client and a server. Built from source.
# usage: toxiproxy.sh install
#        toxiproxy.sh start DIR [ADDRESS]   default 127.0.0.1; prints the endpoint of its control interface, where proxies
#                                           are made by POST /proxies; the file printed after it has no meaning here
#        toxiproxy.sh stop DIR
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=v2.12.0
home=$cache/toxiproxy-$version

install() { install_whole "$home" fill_go "github.com/Shopify/toxiproxy/v2/cmd/server@$version"; }

run() { # DIR ADDRESS
    local port
    port=$(free_ports "$2" 1)
    LOG_LEVEL=warn start_process "$1" "$home/server" -host "$2" -port "$port"
    wait_ready "$1" url_answers "http://$2:$port/version" 200
    echo "http://$2:$port"
}

main "$@"
