#!/bin/bash
# The command against a real S3 server, with rclone as the judge of what lies there.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
mapfile -t server < <("$servers/seaweedfs.sh" start "$work/s3" 127.0.0.1)
[ ${#server[@]} = 2 ] || failed "the S3 server does not start"
trap 'status=$?; "$servers/seaweedfs.sh" stop "$work/s3" || :; (exit $status) || clean_up; clean_up' EXIT
credentials=${server[1]}
unset JPSBACKUP_STORE
s3=(--store s3:// --endpoint "${server[0]}" --credentials "$credentials")
judge() {
    (
        set -a
        . "$credentials"
        unset AWS_CA_BUNDLE
        RCLONE_CONFIG=/dev/null RCLONE_CONFIG_S_TYPE=s3 RCLONE_CONFIG_S_PROVIDER=Other RCLONE_CONFIG_S_ENV_AUTH=true
        RCLONE_CONFIG_S_ENDPOINT=${server[0]}
        rclone --quiet "$@"
    )
}

# A stream of many parts, its length unknown.
head -c 45000000 /dev/urandom > stream
"$JPSBACKUP" put - bkt/stream "${s3[@]}" --make-bucket --json < stream > out 2> err || failed "the stream was not put"
json out '[part["size"] for part in last["result"]["segments"][0]["parts"]] == [8 << 20] * 5 + [45000000 - 5 * (8 << 20)]'
judge cat s:bkt/stream | cmp - stream || failed "rclone reads other bytes"
expect 0 get bkt/stream copy "${s3[@]}"
cmp copy stream || failed "other bytes come back"

# What rclone puts, we read.
judge rcat s:bkt/theirs < stream
expect 0 get bkt/theirs theirs "${s3[@]}"
cmp theirs stream || failed "rclone's object is read wrong"

# Conditions, names, listings over several pages, batches of removals.
expect 5 put stream bkt/stream "${s3[@]}"
judge cat s:bkt/stream | cmp - stream || failed "an object that exists was changed"
: > empty
expect 0 put empty 'bkt/odd/ü +%41&=?#"[].txt' "${s3[@]}"
judge lsf -R s:bkt/odd | grep -qxF 'ü +%41&=?#"[].txt' || failed "a name became another"
mkdir many && (cd many && seq -f 'k%04.0f' 1 1234 | xargs touch)
judge copy --transfers 8 many s:bkt/many
expect 0 ls bkt/many/ "${s3[@]}" --json
json out 'last["result"]["count"] == 1234 and len({e["key"] for e in lines if e["event"] == "object"}) == 1234'
sed 's|^|bkt/many/|' <(ls many) | xargs "$JPSBACKUP" rm "${s3[@]}" > out 2> err || failed "1,234 objects were not removed"
[ -z "$(judge lsf s:bkt/many)" ] || failed "objects are left"

# A backup, a damaged object, a restore.
make_tree data
cp -a data original
expect 0 backup --bucket bkt --name tree "${s3[@]}" --catalog meta/1_backup_metadata.json data
expect 0 verify --bucket bkt --name tree --full "${s3[@]}"
rm -r data/sub
expect 0 restore --bucket bkt --name tree --into data "${s3[@]}"
same_tree original data
folder=$(judge lsf --dirs-only s:bkt | grep ^tree_)
judge cat "s:bkt/${folder}data.tar.zst" > object
judge cat "s:bkt/${folder}data.tar.zst" | zstd -dq | tar -t > members || failed "zstd and tar cannot read the archive"
grep -q 'data/sub/random$' members || failed "the archive lacks a member"
python3 -c 'import sys; b = bytearray(open("object", "rb").read()); b[100000] ^= 1; open("object", "wb").write(b)'
judge rcat "s:bkt/${folder}data.tar.zst" < object
echo new > data/new
expect 3 verify --bucket bkt --name tree --full "${s3[@]}"
says err data.tar.zst
expect 3 restore --bucket bkt --name tree --into data "${s3[@]}"
[ -e data/new ] || failed "a damaged backup was restored"

# A producer that dies leaves neither object nor unfinished upload.
expect 1 put --command bkt/dead "${s3[@]}" -- sh -c 'head -c 30000000 /dev/zero; exit 1'
[ -z "$(judge lsf --files-only s:bkt --include dead)" ] || failed "an object of a dead producer is there"
judge backend list-multipart-uploads s:bkt > uploads
grep -q '"Key"' uploads && failed "parts of a dead producer are there"

# Eight writers of one catalog lose nothing.
writers=()
for writer in $(seq 8); do
    (for minute in 1 2 3 4; do
        echo "{\"name\": \"w$writer\", \"timestamp\": \"2026-01-01T00:0$minute:00\", \"mode\": \"auto\"}" |
            "$JPSBACKUP" catalog add --catalog meta/many.json --entry - "${s3[@]}" --quiet
    done) &
    writers+=($!)
done
for writer in "${writers[@]}"; do wait "$writer" || failed "a writer of the catalog failed"; done
expect 0 catalog list --catalog meta/many.json "${s3[@]}" --json
json out 'len(last["result"]["backups"]) == 32'

# Refused and unreachable.
expect 4 get nobucket/x x "${s3[@]}"
expect 4 get bkt/nothing x "${s3[@]}"
printf 'AWS_ACCESS_KEY_ID=wrong\nAWS_SECRET_ACCESS_KEY=wrong\n' > wrong && chmod 600 wrong
expect 6 ls bkt --store s3:// --endpoint "${server[0]}" --credentials wrong
"$servers/seaweedfs.sh" stop "$work/s3"
expect 7 ls bkt "${s3[@]}" --tries 2
says err "${server[0]#http://}"
