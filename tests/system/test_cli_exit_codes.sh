#!/bin/bash
# Every documented exit status (130: test_cli_signals.sh).
. "$(dirname "$0")/test_cli_lib.sh"
echo x >file
expect 0 put --make-bucket file b/file
expect 1 put --command b/failed -- false
expect 2 put
expect 4 get b/none got
says err "hint: check that the path is right"
expect 4 backup file --bucket b --name none
says err "hint: name a directory"
expect 4 verify --bucket b --name none --timestamp 2026-01-01T00:00:00
says err "'none' of 2026-01-01T00:00:00"
expect 5 put file b/file

export AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
python3 "$tests/refusing_server.py" refuse &
wait_until test -e port
expect 6 put file b/file --store s3:// --endpoint "http://127.0.0.1:$(cat port)"
says err "hint: "
kill $! && wait $! || true
expect 7 put file b/file --store s3:// --endpoint "http://127.0.0.1:$(cat port)" --tries 2
says err "127.0.0.1:$(cat port)"
says err "hint: "

# A full file system, in a mount namespace of its own.
mkdir small
head -c 3000000 /dev/urandom >large
unshare -m bash -c '
    mount -t tmpfs -o size=1m none small
    mkdir small/b
    "$JPSBACKUP" put large b/large --store "file://$PWD/small" >out 2>err && exit 100
    [ $? = 8 ] || { cat err >&2; exit 101; }
    [ -z "$(find small/b -type f ! -path "*/.*")" ] || exit 102
    mkdir -p other/b && cp large other/b/large
    "$JPSBACKUP" get b/large small/large --store "file://$PWD/other" >out 2>err && exit 104
    [ $? = 8 ] || { cat err >&2; exit 105; }
    [ -z "$(find small -type f ! -path "*/b/*")" ] || exit 106
' || failed "on a full file system: $?"

# A store on a file system that is mounted read-only.
mkdir -p fixed/b && echo x >fixed/b/x
unshare -m bash -c '
    mount --bind fixed fixed && mount -o remount,bind,ro fixed
    for action in "put large b/large" "bucket make new" "rm b/x"; do
        "$JPSBACKUP" $action --store "file://$PWD/fixed" >out 2>err && exit 107
        [ $? = 6 ] || { echo "$action:"; cat err; exit 108; } >&2
        grep -q "mounted read-only" err || { echo "$action:"; cat err; exit 109; } >&2
    done
' || failed "on a read-only file system: $?"
