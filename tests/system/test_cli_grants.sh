#!/bin/bash
# What is granted for one command reaches the named objects and nothing else: sessions on MinIO, with boto3 as the judge, and
# signed requests on versitygw, which has no sessions.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
trap 'status=$?; for s in minio versitygw; do "$servers/$s.sh" stop "$work/$s" || :; done; (exit $status) || clean_up; clean_up' EXIT
"$servers/moto.sh" install >&2
python=$(ls -d "${JPSBACKUP_CACHE:-$tests/../../.cache}"/moto-*/bin/python3 | tail -n 1)
unset JPSBACKUP_STORE
head -c 30000000 /dev/urandom > big
echo hello > small
make_tree data

# start SERVER: `s3` are the options of who owns it, `node` of who has the file `granted`
start() {
    mapfile -t server < <("$servers/$1.sh" start "$work/$1" 127.0.0.1)
    [ ${#server[@]} = 2 ] || failed "$1 does not start"
    s3=(--store s3:// --endpoint "${server[0]}" --credentials "${server[1]}")
    node=(--store s3:// --endpoint "${server[0]}" --credentials granted)
    expect 0 put small bkt/other "${s3[@]}" --make-bucket
    expect 0 backup --bucket bkt --name tree --timestamp 2026-11-22T10:00:00 "${s3[@]}" --catalog meta/1_backup_metadata.json data
    folder=tree_2026-11-22T10:00:00_manual
}
grant() { rm -f granted; expect 0 grant bkt granted "${s3[@]}" "$@"; }

no_uploads() {
    (set -a && . "${server[1]}" && "$python" - "${server[0]}") <<'P' > out 2> err || failed "an upload is left"
import boto3, sys
uploads = boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1').list_multipart_uploads(Bucket='bkt').get('Uploads', [])
print([u["Key"] for u in uploads])
sys.exit(1 if uploads else 0)
P
}

# What a node does with its rights, and cannot do.
own_objects() {
    grant --write dir/big --write-small dir/alive.7 --json
    json out 'last["result"]["objects"] == 2 and last["result"]["expires"] > "2026"'
    [ "$(stat -c %a granted)" = 600 ] || failed "others may read the file"
    "$JPSBACKUP" put - bkt/dir/big --alive dir/alive.7 "${node[@]}" < big > out 2> err || failed "the own object was not put"
    expect 0 get bkt/dir/big back "${node[@]}" --replace
    cmp back big || failed "other bytes come back"
    expect 5 put big bkt/dir/big "${node[@]}"
    expect 6 get bkt/other nowhere "${node[@]}"
    expect 6 put small bkt/other --replace "${node[@]}"
    expect 6 put small bkt/dir/bigger "${node[@]}"
    expect 6 put --command bkt/dir/bigger --compress none "${node[@]}" -- head -c 30000000 /dev/zero
    expect 6 ls bkt "${node[@]}"
    expect 6 rm bkt/other "${node[@]}"
    expect 6 get "bkt/$folder/backup.json" nowhere "${node[@]}"
    expect 6 catalog list --catalog meta/1_backup_metadata.json "${node[@]}"
    expect 0 get bkt/other x "${s3[@]}" --replace
    cmp x small || failed "another object was changed"
    # A file that is there is never taken for the new one.
    expect 5 grant bkt granted "${s3[@]}" --read other
    # A producer that dies leaves no object, no part and nothing to end.
    grant --write dir/dead
    expect 1 put --command bkt/dir/dead --compress none "${node[@]}" -- sh -c 'head -c 30000000 /dev/zero; exit 1'
    expect 4 get bkt/dir/dead y "${s3[@]}"
    no_uploads
}

# The object of a backup, and its seal, are enough to restore it where nothing can be listed.
restore() {
    object=$folder/data.tar.zst
    grant --read "$folder/backup.json" --read "$object"
    rm -rf restored
    expect 0 restore --bucket bkt --name tree --timestamp 2026-11-22T10:00:00 --mode manual --object data.tar.zst \
        --into "$work/restored" "${node[@]}"
    same_tree data restored
    expect 6 put small "bkt/$object" --replace "${node[@]}"
    expect 6 rm "bkt/$object" "${node[@]}"
    grant --read "$object"
    expect 6 restore --bucket bkt --name tree --timestamp 2026-11-22T10:00:00 --mode manual --into "$work/restored" "${node[@]}"
}

start minio
own_objects
restore
grant --write dir/judged
[ "$(grep -c . granted)" = 4 ] || failed "MinIO gives no session"
grep -q '^AWS_SESSION_TOKEN=' granted || failed "MinIO gives no session"
expect 0 put small bkt/dir/judged "${node[@]}"
"$python" "$tests/grant_judge.py" "${server[0]}" granted bkt dir/judged "$folder/backup.json" > out 2> err ||
    failed "rights to write reach more"
grant --read other
expect 0 get bkt/other x "${node[@]}" --replace
! "$python" "$tests/grant_judge.py" "${server[0]}" granted bkt dir/judged other > out 2> err || failed "the judge sees nothing"
[ "$(cut -d : -f 1 out)" = "$(printf 'read another object\nsee another object')" ] || failed "rights to read reach more"
# A name that a policy would read as a pattern is granted by signed requests.
expect 0 put small 'bkt/a*b' "${s3[@]}"
grant --read 'a*b'
grep -q ^JPSBACKUP_GRANTS= granted || failed "a pattern stands in a policy"
expect 0 get 'bkt/a*b' x "${node[@]}" --replace
# Nor is it granted for writing: here a signed request to write could be made to copy, and so to read, any other object.
expect 0 link bkt/copied --put "${s3[@]}"
curl -sS --fail -X PUT -H 'x-amz-copy-source: /bkt/other' "$(cat out)" > copied || failed "MinIO no longer copies so: grant it"
expect 0 get bkt/copied x "${s3[@]}" --replace
cmp x small || failed "MinIO no longer copies so: grant it"
rm granted
expect 1 grant bkt granted "${s3[@]}" --write 'a*b'
says err "heeds headers that were not signed"
[ ! -e granted ] || failed "rights that reach everything were given"
"$servers/minio.sh" stop "$work/minio"

start versitygw
own_objects
restore
grant --write dir/judged --size 20000000
grep -q '^JPSBACKUP_GRANTS={"version":1,' granted || failed "versitygw has sessions?"
# They cannot be made to copy what was not granted.
"$python" - granted > urls <<'P'
import json, sys
grant = json.loads(open(sys.argv[1]).read().split('JPSBACKUP_GRANTS=', 1)[1])['s3']['bkt/dir/judged']
upload = grant['upload']
print(grant['put'], upload['part'] + '&partNumber=1&X-Amz-Signature=' + upload['signatures'][0], sep='\n')
P
while read -r url; do
    status=$(curl -sS -o x -w '%{http_code}' -X PUT -H 'x-amz-copy-source: /bkt/other' "$url")
    [ "$status" = 403 ] || failed "a signed request copies another object: status $status"
done < urls
[ "$(wc -l < urls)" = 2 ] || failed "not both kinds of requests were tried"
# More than was asked for does not fit, and leaves nothing.
expect 6 put --command bkt/dir/judged --compress none "${node[@]}" -- head -c 300000000 /dev/zero
expect 4 get bkt/dir/judged y "${s3[@]}"
# Its time is over: by the file's line, by what it holds, and by the store itself.
expired() { expect 6 get bkt/other x "${node[@]}" --replace && says err "$1"; }
grant --read other --seconds 1
sleep 2
expired "were good until"
sed -i '/^JPSBACKUP_EXPIRES=/d' granted
expired "ended at"
sed -i 's/"expires":[0-9]*/"expires":9999999999/' granted
expired "status 403"
# A link is such a request, for anybody.
expect 0 link bkt/other "${s3[@]}" --seconds 60
silent err
curl -sS --fail "$(cat out)" -o x && cmp x small || failed "the link gives something else"
expect 0 link bkt/linked --put "${s3[@]}"
curl -sS --fail -T small "$(cat out)" || failed "the link takes nothing"
expect 0 get bkt/linked x "${s3[@]}" --replace
cmp x small || failed "the link took something else"
