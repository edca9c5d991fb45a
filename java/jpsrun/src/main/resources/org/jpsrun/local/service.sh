#!/bin/bash
# Starts and stops what runs on this node, where no service manager does.
# usage: service NAME start|stop|restart|reload|status|await      service --status-all
# start waits for the service's `ready`, await for its `healthy`
# exit status: 0 done or running, 1 failed, 2 usage, 3 not running (status)
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
services=/.jpsrun/services

fail() { echo "service: $1" >&2; exit "${2:-1}"; }

setting() { # NAME [DEFAULT]
    if [ -f "$service/$1" ]; then cat "$service/$1"; else printf %s "${2:-}"; fi
}

start_time() { # PID: when the process started, empty when there is none or it is only waiting to be collected
    local stat
    { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 1
    stat=(${stat##*) })
    [ "${stat[0]}" != Z ] && echo "${stat[19]}"
}

main_process() { # prints the pid of the service's process if it runs
    local pid started
    { read -r pid started < "$record"; } 2>/dev/null || return 1
    [ "$(start_time "$pid")" = "$started" ] && echo "$pid"
}

as_user() { # SHELL-TEXT: replaces this process
    local user
    user=$(setting user root)
    exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --reset-env \
        -- /bin/bash /.jpsrun/as command env SERVICE_PID="${pid:-}" /bin/bash -c "$1"
}

start() {
    local pid started
    if pid=$(main_process); then echo "$name is already running (pid $pid)"; return 0; fi
    # A session of its own, and none of our descriptors: who called us must not wait for the daemon's end.
    (exec setsid /bin/bash "$0" "$name" run-in-foreground) < /dev/null >> "/var/log/$name.log" 2>&1 9>&- &
    pid=$!
    started=$(start_time "$pid") || fail "'$name' ended at once; see /var/log/$name.log"
    echo "$pid $started" > "$record"
    echo "$pid" > "$pidfile"
    await ready
}

await() { # ready|healthy: polls that command until it succeeds
    local deadline
    [ -f "$service/$1" ] || return 0
    deadline=$((SECONDS + $(setting timeout 60)))
    until (as_user "$(setting "$1")") < /dev/null > /dev/null 2>&1 9>&-; do
        main_process > /dev/null || fail "'$name' ended before it was $1; see /var/log/$name.log"
        [ $SECONDS -lt $deadline ] || fail "'$name' is not $1 after $(setting timeout 60) s; see /var/log/$name.log"
        sleep 0.1
    done
}

stop() {
    local pid deadline
    if pid=$(main_process); then
        if [ -f "$service/stop" ]; then (as_user "$(setting stop)") < /dev/null 9>&-; else kill -TERM "$pid"; fi
        deadline=$((SECONDS + $(setting timeout 60)))
        while main_process > /dev/null; do
            if [ $SECONDS -ge $deadline ]; then
                echo "service: '$name' did not stop in time and is killed" >&2
                kill -KILL "$pid"
                deadline=$((SECONDS + 10))
            fi
            sleep 0.05
        done
    fi
    rm -f "$record" "$pidfile"
}

status() {
    local pid
    if pid=$(main_process); then
        if [ -f "$service/status" ]; then (as_user "$(setting status)") < /dev/null || return; fi
        echo "$name is running (pid $pid)"
    else
        echo "$name is not running"
        return 3
    fi
}

reload() {
    local pid
    pid=$(main_process) || fail "'$name' is not running"
    if [ -f "$service/reload" ]; then (as_user "$(setting reload)") < /dev/null 9>&-; else kill -HUP "$pid"; fi
}

if [ "${1:-}" = --status-all ]; then
    for service in "$services"/*/; do
        [ -d "$service" ] && "$0" "$(basename "$service")" status
    done
    exit 0
fi
[ $# -eq 2 ] || fail "usage: service NAME start|stop|restart|reload|status" 2
name=$1 service=$services/$1
[[ $name =~ ^[A-Za-z0-9_-]+$ && -d $service ]] || fail "no service '$name' on this node" 2
[ "$(id -u)" = 0 ] || fail "only root can control services"
record=/run/service-$name
pidfile=$(setting pidfile "/run/$name.pid")
case $2 in
run-in-foreground) as_user "$(setting start)" ;;
status) status ;;
await) await healthy ;;
start | stop | reload | restart)
    exec 9> "/run/lock/service-$name"
    flock 9
    case $2 in
    start) start ;;
    stop) stop ;;
    reload) reload ;;
    restart) stop && start ;;
    esac
    ;;
*) fail "unknown action '$2'; use start, stop, restart, reload or status" 2 ;;
esac
