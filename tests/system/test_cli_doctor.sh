#!/bin/bash
# What doctor says of healthy stores, and of what is wrong; gc and bucket on real servers.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
cache=${JPSBACKUP_CACHE:-$tests/../../.cache}
started=()
stop_servers() {
    local status=$? server
    for server in "${started[@]}"; do "$servers/$server.sh" stop "$work/$server" || :; done
    (exit $status) || clean_up
    clean_up
}
trap stop_servers EXIT

# A file store.
expect 0 bucket make bkt
expect 0 doctor bkt
says out 'ok         race'
expect 0 doctor --full bkt --json
json out 'last["result"]["failed"] == 0 and last["result"]["full"] and len(last["result"]["checks"]) == 25'
[ -z "$(find store -mindepth 2 ! -name .jpsbackup-lock)" ] || failed "doctor left something"
[ "$(ls store)" = bkt ] || failed "doctor left a bucket"
expect 4 doctor nobucket
says out 'FAILED     bucket'
says err "check 'bucket'"
expect 2 doctor --full

# gc, by age and prefix.
mkdir -p store/bkt/old store/bkt/other
echo x > store/bkt/old/.jpsbackup-tmp-1
echo x > store/bkt/other/.jpsbackup-tmp-1
touch -d '2 hours ago' store/bkt/*/.jpsbackup-tmp-1
expect 0 gc bkt
says out '0 unfinished uploads aborted'
expect 2 gc bkt --prefix old
expect 2 gc bkt --prefix old --older-than soon
expect 0 gc bkt --prefix old --older-than 3h
says out '0 unfinished uploads aborted'
expect 0 gc bkt --prefix old --older-than 90m --dry-run
says out '1 unfinished upload would be aborted'
expect 0 gc bkt --prefix old --older-than 90m
says out '1 unfinished upload aborted'
[ ! -e store/bkt/old ] && [ -e store/bkt/other/.jpsbackup-tmp-1 ] || failed "gc took the wrong one"

# buckets.
expect 0 bucket make second
expect 0 bucket test second
echo hello | "$JPSBACKUP" put - second/key 2> /dev/null
expect 5 bucket delete second
expect 0 rm second/key
expect 0 bucket delete second
expect 4 bucket test second
expect 2 bucket frobnicate second

# Nobody there, no such name, no TLS there.
unset JPSBACKUP_STORE
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none
expect 7 doctor bkt --store s3:// --endpoint http://127.0.0.1:1
says out 'nothing answers at'
expect 7 doctor bkt --store s3:// --endpoint http://no-such-host.invalid
says out 'is not known'
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

# Real servers; MinIO lists unfinished uploads by whole names only, takes minutes to build, and is taken where it was built for another test.
check_server() {
    local name=$1 unfinished=$2 server credentials
    mapfile -t server < <("$servers/$name.sh" start "$work/$name")
    started+=("$name")
    [ ${#server[@]} -ge 2 ] || failed "$name does not start"
    credentials=${server[1]}
    s3=(--store s3:// --endpoint "${server[0]}" --credentials "$credentials" --tries 2)
    expect 0 doctor "${s3[@]}"
    says out 'ok         credentials'
    expect 0 bucket make bkt "${s3[@]}"
    expect 0 doctor bkt "${s3[@]}"
    says out 'ok         multipart'
    expect 0 doctor --full bkt "${s3[@]:0:${#s3[@]}-2}" --tries 4 --json
    json out 'last["result"]["failed"] == 0 and not any(line.get("level") == "warning" for line in lines)'
    json out '{c["name"]: c["outcome"] for c in last["result"]["checks"]}["unfinished"] == "'"$unfinished"'"'
    expect 0 ls bkt "${s3[@]}" --json
    json out 'last["result"]["count"] == 0'
    expect 4 doctor nobucket "${s3[@]}"
    printf 'AWS_ACCESS_KEY_ID=wrong\nAWS_SECRET_ACCESS_KEY=wrong\n' > wrong && chmod 600 wrong
    expect 6 doctor bkt --store s3:// --endpoint "${server[0]}" --credentials wrong --tries 2
    # What speaks no TLS.
    expect 7 doctor bkt --store s3:// --endpoint "https://${server[0]#http://}" --credentials "$credentials" --tries 1
    says out 'no trusted encrypted connection'
    [ "$unfinished" != pass ] || killed_upload
    expect 0 bucket delete bkt "${s3[@]}"
    expect 4 bucket test bkt "${s3[@]}"
}

# An upload whose command was killed stays until gc is told of it, by its prefix and age.
killed_upload() {
    mkfifo pipe
    "$JPSBACKUP" put - bkt/killed/stream "${s3[@]}" < pipe > /dev/null 2> put.err &
    local put=$!
    exec 7> pipe
    head -c 20000000 /dev/zero >&7
    gc=(gc bkt --prefix killed/ --older-than 1s "${s3[@]}")
    listed() { "$JPSBACKUP" "${gc[@]}" --dry-run 2> err | tee out | grep -q '^1 unfinished'; }
    wait_until listed
    kill -KILL $put
    wait $put 2> /dev/null || :
    exec 7>&-
    rm pipe
    expect 0 gc bkt "${s3[@]}"
    says out '0 unfinished uploads aborted'
    expect 0 "${gc[@]}"
    says out '1 unfinished upload aborted'
    expect 0 "${gc[@]}"
    says out '0 unfinished uploads aborted'
}

check_server seaweedfs pass
check_server versitygw pass
if compgen -G "$cache/minio-*/minio" > /dev/null; then check_server minio not-there; fi
