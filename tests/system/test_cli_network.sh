#!/bin/bash
# The command over a bad network (toxiproxy) and with a server that is killed: the same bytes come back, or it fails clearly
# with 7; no unfinished upload stays behind a success; memory stays within its budget.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
trap 'status=$?; "$servers/versitygw.sh" stop "$work/s3" || :; "$servers/toxiproxy.sh" stop "$work/toxi" || :
    (exit $status) || clean_up; clean_up' EXIT
mapfile -t server < <("$servers/versitygw.sh" start "$work/s3")
[ ${#server[@]} = 2 ] || failed "the S3 server does not start"
mapfile -t toxi < <("$servers/toxiproxy.sh" start "$work/toxi")
[ ${#toxi[@]} = 2 ] || failed "toxiproxy does not start"
unset JPSBACKUP_STORE

control() { # METHOD PATH [JSON]
    curl -sSf -X "$1" "${toxi[0]}$2" ${3:+-d "$3"} > answer 2> err || failed "toxiproxy refuses: $1 $2"
}
member() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }
upstream() { control POST /proxies/s3 "{\"upstream\": \"${server[0]#http://}\"}"; }
toxic() { # TYPE STREAM ATTRIBUTES
    control POST /proxies/s3/toxics "{\"name\": \"$1-$2\", \"type\": \"$1\", \"stream\": \"$2\", \"attributes\": {$3}}"
}
healthy() { # removes all toxics
    control POST /reset
}
control POST /proxies "{\"name\": \"s3\", \"listen\": \"127.0.0.1:0\", \"upstream\": \"${server[0]#http://}\"}"
endpoint=http://$(member answer listen)
s3=(--store s3:// --endpoint "$endpoint" --credentials "${server[1]}")
direct=(--store s3:// --credentials "${server[1]}")

# Ends with the command's status; its greatest resident set, in KiB, is in the file `peak`.
cat > measure.py << 'P'
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
open('peak', 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
P
bounded() { [ "$(cat peak)" -lt 110000 ] || failed "$1: $(cat peak) KiB were resident"; }
unfinished() { # uploads that versitygw still holds, and their parts
    find "$work/s3/data" -path '*.sgwtmp/multipart/*' | wc -l
}
sweep() { # KEY: has gc abort its uploads, as if an hour had passed
    [ "$(unfinished)" -gt 0 ] || failed "no upload of '$1' is left to be aborted"
    find "$work/s3/data" -path '*.sgwtmp/multipart/*' -exec touch -d '-1 hour' {} +
    expect 0 gc bkt --prefix "$1" --older-than 30m "${s3[@]}"
    [ "$(unfinished)" = 0 ] || failed "gc leaves parts of an upload of '$1'"
}
there() { [ -e "$work/s3/data/bkt/$1" ]; }
number=0
# round_trip NAME: up and down through what is between
round_trip() {
    number=$((number + 1))
    local status=0
    python3 measure.py "$JPSBACKUP" put stream "bkt/o$number" "${s3[@]}" > out 2> err || status=$?
    [ $status = 0 ] || failed "$1: put ended with $status"
    bounded "$1: put"
    cmp -s stream "$work/s3/data/bkt/o$number" || failed "$1: other bytes are in the store"
    python3 measure.py "$JPSBACKUP" get "bkt/o$number" copy "${s3[@]}" > out 2> err || failed "$1: get ended with $?"
    bounded "$1: get"
    cmp -s stream copy || failed "$1: other bytes came back"
    [ "$(unfinished)" = 0 ] || failed "$1: parts of an upload are left"
    rm copy
}

head -c 67108864 /dev/urandom > stream
expect 0 put stream bkt/first "${s3[@]}" --make-bucket

toxic latency upstream '"latency": 20, "jitter": 10'
toxic latency downstream '"latency": 20, "jitter": 10'
round_trip latency
healthy

toxic slicer upstream '"average_size": 20000, "size_variation": 10000, "delay": 10'
toxic slicer downstream '"average_size": 20000, "size_variation": 10000, "delay": 10'
round_trip slicer
healthy

# Each connection breaks after so many bytes: small requests pass, every part is tried often, and the whole fails.
truncate -s 20000000 short
toxic limit_data upstream '"bytes": 3000000'
expect 7 put short bkt/cut "${s3[@]}" --tries 3
says err "cannot upload a part of 's3://bkt/cut'"
there cut && failed "an object was made of parts that were cut"
[ "$(unfinished)" = 0 ] || failed "parts of a failed upload are left"
# A whole object in one request, cut: versitygw keeps such a one where its payload is not signed.
truncate -s 5000000 small
expect 7 put small bkt/small "${s3[@]}" --tries 3
there small && failed "a truncated object is there"
# Requests that were signed beforehand do not sign what they carry: there it keeps what came, and that is found out.
# Now and then it keeps it only after it was looked for; then the put failed by its broken connections alone.
for tries in 1 2 3 4 5 none; do
    [ $tries != none ] || failed "no truncated object was found out in 5 tries"
    rm -f grant
    expect 0 grant bkt grant --write granted --size 8000000 "${s3[@]}"
    status=0
    "$JPSBACKUP" put small bkt/granted --store s3:// --endpoint "$endpoint" --credentials grant --tries 2 > out 2> granted.err || status=$?
    sweep granted # the grant began an upload for what might have been long
    [ $status = 7 ] || break
    expect 0 rm bkt/granted "${s3[@]}"
done
[ $status = 3 ] || failed "a truncated object ended with status $status: $(cat granted.err)"
says granted.err "'s3://bkt/granted' holds the beginning of what was sent, and no more"
healthy
toxic limit_data downstream '"bytes": 3000000'
expect 7 get bkt/first copy "${s3[@]}" --tries 3
[ ! -e copy ] || failed "a file was made of what was cut"
healthy

# So slow, on each connection, that a transfer surely lasts until it is disturbed.
slow() {
    toxic bandwidth upstream '"rate": 3000'
    toxic bandwidth downstream '"rate": 9000'
}
under_way() { kill -0 "$1" 2> /dev/null || failed "$2 had ended before it was disturbed"; }
# What passes: each toxic comes over a running transfer, and goes.
disturbed() { # NAME TYPE ATTRIBUTES COMMAND...
    local name=$1 type=$2 attributes=$3 status=0 pid
    shift 3
    slow
    "$JPSBACKUP" "$@" "${s3[@]}" > out 2> err &
    pid=$!
    sleep 0.7
    under_way $pid "$name"
    toxic "$type" downstream "$attributes"
    sleep 0.7
    control DELETE "/proxies/s3/toxics/$type-downstream"
    wait $pid || status=$?
    [ $status = 0 ] || failed "$name ended with $status"
    healthy
}
disturbed "put through resets" reset_peer '"timeout": 100' put stream bkt/reset
cmp -s stream "$work/s3/data/bkt/reset" || failed "other bytes are in the store after resets"
disturbed "get through resets" reset_peer '"timeout": 100' get bkt/reset copy
cmp -s stream copy || failed "other bytes came back through resets"
rm copy
disturbed "put through silence" timeout '"timeout": 300' put stream bkt/silent
cmp -s stream "$work/s3/data/bkt/silent" || failed "other bytes are in the store after silence"
[ "$(unfinished)" = 0 ] || failed "parts of an upload are left"

# For ever, it is a clear failure.
toxic reset_peer downstream '"timeout": 0'
expect 7 put stream bkt/never "${s3[@]}" --tries 3
expect 7 get bkt/first copy "${s3[@]}" --tries 3
healthy

# A server killed in the middle, and back a while later.
kill_server() { local pid; read -r pid _ < "$work/s3/pid"; kill -KILL "$pid"; }
start_server() {
    mapfile -t server < <("$servers/versitygw.sh" start "$work/s3")
    [ ${#server[@]} = 2 ] || failed "the S3 server does not start again"
    upstream
}
killed() { # NAME COMMAND...
    local name=$1 status=0 pid
    shift
    slow
    "$JPSBACKUP" "$@" "${s3[@]}" > out 2> err &
    pid=$!
    sleep 0.8
    under_way $pid "$name"
    kill_server
    sleep 0.5
    start_server
    wait $pid || status=$?
    [ $status = 0 ] || failed "$name ended with $status after the server was killed"
    healthy
}
killed put put stream bkt/killed
cmp -s stream "$work/s3/data/bkt/killed" || failed "other bytes are in the store after the server was killed"
[ "$(unfinished)" = 0 ] || failed "parts of an upload are left"
killed get get bkt/killed copy
cmp -s stream copy || failed "other bytes came back after the server was killed"
mkdir tree && split -n 8 stream tree/part-
killed backup backup --bucket bkt --name tree --catalog meta/1_backup_metadata.json tree
expect 0 verify --bucket bkt --name tree --full "${s3[@]}"
cp -a tree original && rm tree/part-aa
killed restore restore --bucket bkt --name tree --into tree
same_tree original tree

# Killed for good: a clear failure, and what was sent so far can be cleaned away once the server is back.
slow
"$JPSBACKUP" put stream bkt/dead "${s3[@]}" --tries 3 > out 2> err &
pid=$!
sleep 0.8
under_way $pid put
kill_server
status=0
wait $pid || status=$?
[ $status = 7 ] || failed "put ended with $status after the server was gone"
says err "s3://bkt/dead"
healthy
start_server
there dead && failed "an object was made of an upload that failed"
sweep dead

# A write of seal or catalog whose answer is lost is known for one's own.
python3 "$tests/forgetful_proxy.py" "${server[0]#http://}" > proxy.log 2>&1 &
wait_until test -e port
forgetful=("${direct[@]}" --endpoint "http://127.0.0.1:$(cat port)")
for minute in 1 2 3; do
    echo "{\"name\": \"n\", \"timestamp\": \"2026-01-01T00:0$minute:00\", \"mode\": \"auto\"}" > entry
    expect 0 catalog add --catalog bkt/lost.json --entry entry "${forgetful[@]}"
done
grep -q '^PUT /bkt/lost.json 200 lost$' requests || failed "no answer was lost"
grep -q '^PUT /bkt/lost.json 412$' requests || failed "the store did not refuse the second of two equal writes"
expect 0 catalog list --catalog bkt/lost.json "${direct[@]}" --endpoint "${server[0]}" --json
json out 'len(last["result"]["backups"]) == 3'
mkdir few && cp small few/
expect 0 backup --bucket bkt --name lost --catalog meta/2_backup_metadata.json few "${forgetful[@]}"
expect 0 verify --bucket bkt --name lost --full "${direct[@]}" --endpoint "${server[0]}"
[ "$(grep -c ' lost$' requests)" -ge 4 ] || failed "too few answers were lost"
