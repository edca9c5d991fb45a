#!/bin/bash
# The catalog under 32 processes that change it at the same time, on each kind of store; and made anew by the command.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
unset http_proxy "${!AZURE_@}" 2>/dev/null || true
trap 'status=$?; "$servers/seaweedfs.sh" stop "$work/s3" || :; "$servers/azurite.sh" stop "$work/azurite" || :
      (exit $status) || clean_up; clean_up' EXIT

# Each process adds an entry of its own, and every fourth removes one that all begin with.
writers=32
entry() { echo "{\"name\": \"$1\", \"timestamp\": \"2026-01-01T00:00:00\", \"mode\": \"auto\", \"size\": 1}"; }
writer() {
    entry "new$1" | "$JPSBACKUP" catalog add "${store[@]}" --entry - || return
    [ $(($1 % 4)) != 0 ] ||
        "$JPSBACKUP" catalog remove "${store[@]}" --name "old$1" --timestamp 2026-01-01T00:00:00 --mode auto
}
# race NAME OPTIONS...
race() {
    local pids=() i
    store=(--catalog meta/7.json "${@:2}")
    for ((i = 0; i < writers; i += 4)); do entry "old$i" | expect 0 catalog add "${store[@]}" --entry -; done
    for ((i = 0; i < writers; i++)); do
        writer "$i" >/dev/null 2>"err.$i" &
        pids+=($!)
    done
    for ((i = 0; i < writers; i++)); do
        wait "${pids[$i]}" || { cat "err.$i" >err; failed "$1: writer $i failed"; }
    done
    expect 0 catalog list "${store[@]}" --json
    json out "sorted(e['name'] for e in last['result']['backups']) == sorted('new%d' % i for i in range($writers))"
}

race file
mapfile -t server < <("$servers/seaweedfs.sh" start "$work/s3" 127.0.0.1)
[ ${#server[@]} = 2 ] || failed "the S3 server does not start"
race s3 --store s3:// --endpoint "${server[0]}" --credentials "${server[1]}"
mapfile -t server < <("$servers/azurite.sh" start "$work/azurite")
[ ${#server[@]} = 2 ] || failed "Azurite does not start"
race azure --store azure://testaccount --endpoint "${server[0]}" --credentials "${server[1]}"

# Made anew: first the difference, then the change.
make_tree data
for day in 1 2; do expect 0 backup --bucket b --name n --timestamp 2026-01-0${day}T00:00:00 --catalog meta/8.json data; done
expect 0 catalog rebuild --catalog meta/8.json b
says out "0 added, 0 changed, 0 removed, 2 as they should be"
expect 0 catalog remove --catalog meta/8.json --name n --timestamp 2026-01-01T00:00:00 --mode manual
expect 0 catalog rebuild --catalog meta/8.json b
says out "2026-01-01T00:00:00  manual  n: added"
says out "nothing was written"
expect 0 catalog list --catalog meta/8.json --json
json out 'len(last["result"]["backups"]) == 1'
expect 0 catalog rebuild --catalog meta/8.json b --yes
expect 0 catalog list --catalog meta/8.json --json
json out 'len(last["result"]["backups"]) == 2'
echo broken >store/meta/8.json
expect 1 catalog rebuild --catalog meta/8.json b --yes
[ "$(cat store/meta/8.json)" = broken ] || failed "a malformed catalog was overwritten"
expect 0 catalog rebuild --catalog meta/8.json b --yes --replace-malformed
[ "$(cat store/meta/8.json.malformed-*)" = broken ] || failed "the malformed catalog is gone"
expect 2 catalog rebuild --catalog meta/8.json
expect 2 catalog list --catalog meta/8.json --yes
expect 4 catalog rebuild --catalog meta/8.json nobucket --yes
