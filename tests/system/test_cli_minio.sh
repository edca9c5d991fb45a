#!/bin/bash
# What SeaweedFS lacks or does otherwise, on MinIO: versions, object lock, KMS, storage classes, checksums, another region.
# boto3 judges what lies there.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
mapfile -t server < <("$servers/minio.sh" start "$work/minio" 127.0.0.1)
[ ${#server[@]} = 2 ] || failed "MinIO does not start"
trap 'status=$?; "$servers/minio.sh" stop "$work/minio" || :; (exit $status) || clean_up; clean_up' EXIT
endpoint=${server[0]}
unset JPSBACKUP_STORE AWS_CA_BUNDLE
s3=(--store s3:// --endpoint "$endpoint" --credentials "${server[1]}")
python=$(ls -d "${JPSBACKUP_CACHE:-$tests/../../.cache}"/moto-*/bin/python3 | tail -n 1)

# judge EXPRESSION: holds for boto3's client s3
judge() {
    (
        set -a
        . "${server[1]}"
        "$python" - "$endpoint" "$1" <<'E'
import base64, datetime, hashlib, sys
import boto3
s3 = boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1')
def head(key, **more):
    return s3.head_object(Bucket='bkt', Key=key, ChecksumMode='ENABLED', **more)
def digests(path, size):
    with open(path, 'rb') as file:
        return [hashlib.sha256(part).digest() for part in iter(lambda: file.read(size), b'')]
def composite(path, size):
    parts = digests(path, size)
    return '%s-%d' % (base64.b64encode(hashlib.sha256(b''.join(parts)).digest()).decode(), len(parts))
sys.exit(0 if eval(sys.argv[2]) else 1)
E
    ) || failed "boto3: not so: $1"
}

head -c 20000000 /dev/urandom > large
head -c 1000 /dev/urandom > small
expect 0 bucket make bkt "${s3[@]}"

# The store keeps the digests that stand in the account.
"$JPSBACKUP" put large bkt/large "${s3[@]}" --json > out 2> err || failed "an object of parts was not put"
json out 'len(last["result"]["segments"][0]["parts"]) > 1'
size=$(python3 -c 'import json, sys
print(json.loads(open("out").readlines()[-1])["result"]["segments"][0]["parts"][0]["size"])')
judge "head('large')['ChecksumSHA256'] == composite('large', $size)"
expect 0 put small bkt/small "${s3[@]}" --checksums always
judge "head('small')['ChecksumSHA256'] == base64.b64encode(digests('small', 1000)[0]).decode()"
expect 0 put large bkt/plain "${s3[@]}" --checksums never
judge "'ChecksumSHA256' not in head('plain') and head('plain')['ContentLength'] == 20000000"

# Encryption by a key of the server's, of one request and of parts; storage classes.
kms=(--encrypt aws:kms --kms-key test-key)
expect 0 put small bkt/kms-small "${s3[@]}" "${kms[@]}"
expect 0 put large bkt/kms-large "${s3[@]}" "${kms[@]}"
judge "all(head(key)['ServerSideEncryption'] == 'aws:kms' and head(key)['SSEKMSKeyId'].endswith('test-key') for key in ('kms-small', 'kms-large'))"
expect 0 get bkt/kms-large back "${s3[@]}"
cmp back large || failed "an encrypted object comes back otherwise"
expect 0 put small bkt/class "${s3[@]}" --storage-class REDUCED_REDUNDANCY
judge "head('class')['StorageClass'] == 'REDUCED_REDUNDANCY'"
expect 2 put small bkt/deep "${s3[@]}" --storage-class DEEP_ARCHIVE

# Copies; only --replace replaces.
expect 0 copy bkt/large bkt/copied "${s3[@]}"
expect 0 get bkt/copied back "${s3[@]}" --replace
cmp back large || failed "a copy is another object"
expect 5 copy bkt/small bkt/copied "${s3[@]}"
expect 0 copy bkt/small bkt/copied "${s3[@]}" --replace
judge "head('copied')['ContentLength'] == 1000"
expect 4 copy bkt/none bkt/other "${s3[@]}"

# Folders; a bucket that is not empty stays.
expect 0 put small bkt/a/b/c "${s3[@]}"
expect 0 ls bkt/a/ "${s3[@]}" --folders --json
grep -qF '"folder":"a/b/"' out || grep -qF '"folder": "a/b/"' out || failed "a folder is not summed up"
expect 5 bucket delete bkt "${s3[@]}"

# Versions, and what protects them.
judge "s3.create_bucket(Bucket='locked', ObjectLockEnabledForBucket=True) and True"
expect 0 put small locked/key "${s3[@]}"
expect 0 put large locked/key "${s3[@]}" --replace
expect 0 rm locked/key "${s3[@]}"
"$JPSBACKUP" ls locked "${s3[@]}" --versions > out || failed "versions are not listed"
[ "$(grep -c ' key  ' out)" = 3 ] || failed "not three versions are listed"
grep -q 'latest  deleted' out || failed "the mark of deletion is not listed"
make_tree data
expect 0 backup --bucket locked --name tree "${s3[@]}" data
expect 0 protect --bucket locked --name tree "${s3[@]}" --lock governance --lock-days 2
judge "[version for version in s3.list_object_versions(Bucket='locked', Prefix='tree_')['Versions'] if version['Key'].endswith('backup.json') and version['IsLatest'] and s3.get_object_retention(Bucket='locked', Key=version['Key'], VersionId=version['VersionId'])['Retention']['RetainUntilDate'] > datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)]"
expect 0 verify --bucket locked --name tree --full "${s3[@]}"
