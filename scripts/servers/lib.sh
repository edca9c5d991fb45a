# What the scripts beside this one share: free ports, a server as a background process, waiting, ending it.
# Sourced with `set -euo pipefail`; a server's folder holds its data, its log, its pid and its keys.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${JPSBACKUP_CACHE:-$root/.cache}

fail() { echo "$(basename "$0"): $1" >&2; exit 1; }

# Prints N free ports below 22768, of which the ports 10000 above are free too (some servers take them for gRPC).
# All stay out of the range from which the kernel gives ports to clients.
free_ports() { # ADDRESS N
    local address=$1 wanted=$2 port tries=0
    while [ "$wanted" -gt 0 ]; do
        [ $((tries += 1)) -le 500 ] || fail "found no free ports on '$address'"
        port=$((12000 + RANDOM % 10700))
        [[ " ${taken:-} " == *" $port "* ]] && continue
        answers "$address" "$port" || answers "$address" $((port + 10000)) && continue
        taken="${taken:-} $port"
        echo "$port"
        wanted=$((wanted - 1))
    done
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

# An open port is not enough: waits until a signed request for the list of buckets is answered.
wait_s3() { # DIR ENDPOINT
    local tries=0 code
    until code=$(s3_list_buckets "$1" "$2") && [ "$code" = 200 ]; do
        runs "$1" || fail "server in '$1' ended at once: $(tail -n 3 "$1/log")"
        [ $((tries += 1)) -lt 600 ] || fail "server in '$1' is not ready after 60 s (last answer $code)"
        sleep 0.1
    done
}

s3_list_buckets() { # DIR ENDPOINT: prints the status of the answer
    (
        . "$1/credentials"
        printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" |
            curl -s -K - -o /dev/null -m 5 -w '%{http_code}' --aws-sigv4 aws:amz:us-east-1:s3 \
                -H "x-amz-content-sha256: $(printf '' | sha256sum | cut -c1-64)" "$2/"
    )
}
