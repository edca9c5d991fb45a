#!/bin/bash
# What stores differ in: one that cannot encrypt takes backups where that is not asked for, and one with object lock keeps
# them against removal.
. "$(dirname "$0")/test_manifests_lib.sh"
work=$TEST_WORK/stores
trap 'for s in versitygw minio; do "$servers/$s.sh" stop "$work/$s" || :; done' EXIT
rm -rf "$work"
mkdir -p "$work"
# The environment's region, where the manifests make their buckets.
export VGW_REGION=eu-west-1 MINIO_REGION=eu-west-1

# start SERVER: `to` are the parameters of the manifests, `s3` the options of the command
start() {
    local server
    mapfile -t server < <("$servers/$1.sh" start "$work/$1" $gateway)
    [ ${#server[@]} = 2 ] || failed "$1 does not start"
    (
        . "${server[1]}"
        umask 077
        printf %s "$AWS_ACCESS_KEY_ID" > "$work/access"
        printf %s "$AWS_SECRET_ACCESS_KEY" > "$work/secret"
    )
    to=(--set endpoint="${server[0]}" --set-file aws_access_key="$work/access" --set-file aws_secret_key="$work/secret")
    s3=(--store s3:// --endpoint "${server[0]}" --region eu-west-1 --credentials "${server[1]}" --quiet)
}

step "a store that cannot encrypt"
start versitygw
must_run backup.yml "${to[@]}" --set backup_name=plain
must_fail "encryption" backup.yml "${to[@]}" --set backup_name=encrypted --set encryption=AES256
"$JPSBACKUP" verify --full --bucket $bucket --name plain "${s3[@]}" || failed "the backup is not whole"
! "$JPSBACKUP" ls $bucket "${s3[@]}" | grep encrypted_ || failed "a refused backup left objects"
"$servers/versitygw.sh" stop "$work/versitygw"

step "a bucket without object lock"
start minio
lock=(--set lock_mode=governance --set lock_days=2)
must_fail "parameter 'lock_mode' is 'governance'" backup.yml "${to[@]}" --set backup_name=kept "${lock[@]}"
"$JPSBACKUP" bucket make $bucket "${s3[@]}"
must_fail "has no object lock" backup.yml "${to[@]}" --set backup_name=kept "${lock[@]}"
[ -z "$("$JPSBACKUP" ls $bucket "${s3[@]}")" ] || failed "a backup was begun"
"$JPSBACKUP" bucket delete $bucket "${s3[@]}"

step "object lock"
printf 'user = "%s:%s"\n' "$(cat "$work/access")" "$(cat "$work/secret")" | curl -sS --fail -K - -X PUT --aws-sigv4 aws:amz:eu-west-1:s3 \
    -H 'x-amz-bucket-object-lock-enabled: true' -H "x-amz-content-sha256: $(printf '' | sha256sum | cut -c1-64)" "${s3[3]}/$bucket"
must_run backup.yml "${to[@]}" --set backup_name=kept --set timestamp=2026-11-20T00:00:00 "${lock[@]}" --set encryption=AES256
status=0
"$JPSBACKUP" rm --bucket $bucket --name kept --timestamp 2026-11-20T00:00:00 --mode manual "${s3[@]}" 2> "$work/err" || status=$?
[ $status = 5 ] && grep -q "is protected until" "$work/err" || failed "the backup is not protected: $(cat "$work/err")"
"$JPSBACKUP" verify --full --bucket $bucket --name kept "${s3[@]}" || failed "the protected backup is not whole"
echo "passed"
