#!/bin/bash
# The command against Azurite, with Azure's own Python library as the judge of what lies there.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
unset JPSBACKUP_STORE http_proxy "${!AZURE_@}" 2>/dev/null || true
mapfile -t server < <("$servers/azurite.sh" start "$work/azurite")
[ ${#server[@]} = 2 ] || failed "Azurite does not start"
trap 'status=$?; "$servers/azurite.sh" stop "$work/azurite" || :; (exit $status) || clean_up; clean_up' EXIT
endpoint=${server[0]} credentials=${server[1]}
place=(--store azure://testaccount --endpoint "$endpoint")
azure=("${place[@]}" --credentials "$credentials")
python=$("$servers/azurite.sh" python)

# judge CODE: runs it with `service`, `container` ("bkt") and the file's keys at hand; it must end well
judge() {
    (
        . "$credentials"
        export AZURE_STORAGE_KEY
        "$python" - "$endpoint" "$1" > judged 2>&1 <<'P'
import os, sys
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient, ContainerClient, generate_account_sas
key = os.environ['AZURE_STORAGE_KEY']
service = BlobServiceClient(sys.argv[1], credential={'account_name': 'testaccount', 'account_key': key})
container = service.get_container_client('bkt')
exec(sys.argv[2])
P
    ) || { cat judged >&2; failed "the judge says no: $1"; }
}

# A container, made once, tagged, deleted only when it is empty.
expect 4 bucket test bkt "${azure[@]}"
expect 0 bucket make bkt "${azure[@]}"
expect 0 bucket make bkt "${azure[@]}"
expect 0 bucket test bkt "${azure[@]}"
expect 0 bucket tag bkt --tag Owner=me --tag a_1='b c' "${azure[@]}"
judge 'p = container.get_container_properties(); assert p.metadata == {"owner": "me", "a_1": "b c"}, p.metadata
assert p.public_access is None'

# The suite that every driver passes.
expect 0 doctor bkt --full "${azure[@]}" --json
json out 'last["result"]["failed"] == 0 and last["result"]["passed"] > 20'
judge 'assert not list(container.list_blobs(include="uncommittedblobs"))'

# A stream of many blocks, its length unknown; what the library puts, we read.
head -c 45000000 /dev/urandom > stream
"$JPSBACKUP" put - bkt/stream "${azure[@]}" --json < stream > out 2> err || failed "the stream was not put"
json out 'sum(part["size"] for part in last["result"]["segments"][0]["parts"]) == 45000000'
judge 'assert container.download_blob("stream").readall() == open("stream", "rb").read()
committed, waiting = container.get_blob_client("stream").get_block_list("all")
assert len(committed) > 3 and not waiting, (committed, waiting)
container.upload_blob("theirs", open("stream", "rb"), max_concurrency=4)'
expect 0 get bkt/stream copy "${azure[@]}"
cmp copy stream || failed "other bytes come back"
expect 0 get bkt/theirs theirs "${azure[@]}"
cmp theirs stream || failed "the library's blob is read wrong"

# Copies within the account, onto nothing that is there; the first level alone.
expect 0 copy bkt/stream bkt/copies/one "${azure[@]}"
expect 5 copy bkt/stream bkt/theirs "${azure[@]}"
judge 'assert container.download_blob("copies/one").readall() == open("stream", "rb").read()'
expect 0 ls bkt --folders "${azure[@]}"
says out copies/
says out theirs
expect 0 rm bkt/copies/one "${azure[@]}"

# Conditions, names, prefixes, removals.
expect 5 put stream bkt/stream "${azure[@]}"
expect 5 bucket delete bkt "${azure[@]}"
: > empty
expect 0 put empty 'bkt/odd/ü +%41&=?#"[]<>.txt' "${azure[@]}"
judge 'assert [b.name for b in container.list_blobs("odd/")] == ["odd/ü +%41&=?#\"[]<>.txt"]
for i in range(30): container.upload_blob(f"many/k{i}", b"x")'
expect 0 ls bkt/many/ "${azure[@]}" --json
json out 'last["result"]["count"] == 30'
seq -f 'bkt/many/k%g' 0 40 | xargs "$JPSBACKUP" rm "${azure[@]}" > out 2> err || failed "objects were not removed"
judge 'assert not list(container.list_blobs("many/"))'

# A backup's whole life, and a damaged object.
make_tree data
cp -a data original
for minute in 1 2 3; do
    expect 0 backup --bucket bkt --name tree --mode auto --timestamp "2026-01-01T00:0$minute:00" "${azure[@]}" \
        --catalog bkt/catalog.json data
done
expect 0 list --bucket bkt --name tree "${azure[@]}" --json
json out 'len(last["result"]["backups"]) == 3'
expect 0 rotate --bucket bkt --name tree --keep 1 "${azure[@]}" --catalog bkt/catalog.json
expect 0 catalog list --catalog bkt/catalog.json "${azure[@]}" --json
json out 'len(last["result"]["backups"]) == 1'
judge 'assert {b.name.split("/")[0] for b in container.list_blobs("tree_")} == {"tree_2026-01-01T00:03:00_auto"}'
expect 0 verify --bucket bkt --name tree --full "${azure[@]}"
rm -r data/sub
expect 0 restore --bucket bkt --name tree --into data "${azure[@]}"
same_tree original data
judge 'b = container.get_blob_client("tree_2026-01-01T00:03:00_auto/data.tar.zst")
d = bytearray(b.download_blob().readall()); d[100000] ^= 1; b.upload_blob(bytes(d), overwrite=True)'
expect 3 verify --bucket bkt --name tree --full "${azure[@]}"
says err data.tar.zst
expect 0 rm --bucket bkt --name tree --timestamp 2026-01-01T00:03:00 --mode auto "${azure[@]}" --catalog bkt/catalog.json
judge 'assert not list(container.list_blobs("tree_"))'

# A producer that dies leaves no object. Blocks that nobody sees stay until gc is asked to drop them.
expect 1 put --command bkt/dead "${azure[@]}" -- sh -c 'head -c 30000000 /dev/zero; exit 1'
judge 'assert not list(container.list_blobs("dead"))
old = "jb6922a280" + "0123456789abcdef0123" + "000000"  # begun long ago
container.get_blob_client("old/waiting").stage_block(old, b"bytes")
container.get_blob_client("old/replaced").upload_blob(b"here")
container.get_blob_client("old/replaced").stage_block(old, b"bytes")'
expect 0 gc bkt --prefix old/ --older-than 1h "${azure[@]}" --json
json out '[u["key"] for u in last["result"]["aborted"]] == ["old/waiting"]'
judge 'names = [b.name for b in container.list_blobs("old/", include="uncommittedblobs")]; assert names == ["old/replaced"], names
assert container.download_blob("old/replaced").readall() == b"here"'

# The checks that every driver passes.
expect 0 doctor --full bkt "${azure[@]}" --json
json out 'last["result"]["failed"] == 0'
json out '{c["name"]: c["outcome"] for c in last["result"]["checks"]}["copy"] == "pass"'
judge 'assert not [b for b in container.list_blobs("jpsbackup-doctor-", include="uncommittedblobs") if b.size], "doctor left something"'

# Writers of one catalog lose nothing.
writers=()
for writer in 1 2 3 4; do
    (for minute in 1 2 3; do
        echo "{\"name\": \"w$writer\", \"timestamp\": \"2026-01-01T00:0$minute:00\", \"mode\": \"auto\"}" |
            "$JPSBACKUP" catalog add --catalog bkt/many.json --entry - "${azure[@]}" --quiet
    done) &
    writers+=($!)
done
for writer in "${writers[@]}"; do wait "$writer" || failed "a writer of the catalog failed"; done
expect 0 catalog list --catalog bkt/many.json "${azure[@]}" --json
json out 'len(last["result"]["backups"]) == 12'

# A granted file reaches its blobs, and no other: the service itself refuses what its signatures do not name.
judge 'container.upload_blob("secret", b"secret")'
expect 0 grant bkt node --write mine --read theirs "${azure[@]}"
[ "$(stat -c %a node)" = 600 ] || failed "the granted file is open to others"
node=("${place[@]}" --credentials node)
expect 0 put stream bkt/mine "${node[@]}"
expect 0 get bkt/mine copy --replace "${node[@]}"
cmp copy stream || failed "other bytes come back with granted rights"
expect 0 get bkt/theirs copy --replace "${node[@]}"
for arguments in "get bkt/secret x" "rm bkt/theirs" "put empty bkt/mine2" "rm bkt/secret" "ls bkt" "bucket delete bkt" \
    "get bkt/mine/x x"; do
    expect 6 $arguments "${node[@]}"
done
judge 'import json
grants = json.loads(open("node").read().split("JPSBACKUP_GRANTS=")[1])["azure"]
assert set(grants) == {"bkt/mine", "bkt/mine.001", "bkt/mine.002", "bkt/mine.003", "bkt/theirs"}
def refused(what):
    try: what()
    except HttpResponseError as e: assert e.status_code in (401, 403), e; return
    assert False, "not refused"
for name, sas in grants.items():
    blob = lambda key: BlobClient(sys.argv[1], "bkt", key, credential=sas)
    own = name.split("/", 1)[1]
    for key in ("secret", "mine", "mine.0011", "mine/x", "theirs", "catalog.json"):
        if key == own: continue
        refused(lambda: blob(key).download_blob().readall())
        refused(lambda: blob(key).upload_blob(b"x", overwrite=True))
        refused(lambda: blob(key).delete_blob())
    refused(lambda: list(ContainerClient(sys.argv[1], "bkt", credential=sas).list_blobs()))
    refused(lambda: ContainerClient(sys.argv[1], "other", credential=sas).create_container())
sas = grants["bkt/theirs"]
assert len(BlobClient(sys.argv[1], "bkt", "theirs", credential=sas).download_blob().readall()) == 45000000
refused(lambda: BlobClient(sys.argv[1], "bkt", "theirs", credential=sas).upload_blob(b"x", overwrite=True))
refused(lambda: BlobClient(sys.argv[1], "bkt", "theirs", credential=sas).delete_blob())'
expect 0 grant bkt short --read theirs --seconds 1 "${azure[@]}"
sleep 2.1
expect 6 get bkt/theirs x "${place[@]}" --credentials short

# Links, and an account's signature in place of its key.
expect 0 link bkt/stream "${azure[@]}"
curl -sf "$(cat out)" | cmp - stream || failed "a link does not give the object"
[ "$(curl -s -o /dev/null -w '%{http_code}' -T empty -H 'x-ms-blob-type: BlockBlob' "$(cat out)")" = 403 ] ||
    failed "a link to read lets write"
expect 0 link bkt/posted --put "${azure[@]}"
curl -sf -T stream -H 'x-ms-blob-type: BlockBlob' "$(cat out)" || failed "a link does not take the object"
judge 'from datetime import datetime, timedelta, timezone
sas = generate_account_sas("testaccount", key, "sco", "rwdlac", datetime.now(timezone.utc) + timedelta(hours=1))
open("sas", "w", opener=lambda *a: os.open(*a, 0o600)).write("AZURE_STORAGE_SAS_TOKEN=" + sas + "\n")'
expect 0 get bkt/posted posted "${place[@]}" --credentials sas
cmp posted stream || failed "what a link took is other bytes"
(. "$credentials" && export AZURE_STORAGE_KEY && "$JPSBACKUP" ls bkt/stream "${place[@]}") > out 2> err ||
    failed "the key of the environment is not used"

# Refused and unreachable.
printf 'AZURE_STORAGE_KEY=%s\n' "$(head -c 64 /dev/zero | base64 -w 0)" > wrong && chmod 600 wrong
expect 6 ls bkt "${place[@]}" --credentials wrong
expect 2 ls bkt --store azure://another --endpoint "$endpoint" --credentials "$credentials"
expect 4 get nobucket/x x "${azure[@]}"
expect 4 get bkt/nothing x "${azure[@]}"
expect 2 put empty 'bkt/ends with a dot.' "${azure[@]}"
"$servers/azurite.sh" stop "$work/azurite"
expect 7 ls bkt "${azure[@]}" --tries 2
says err "${endpoint#http://}"
