#!/bin/bash
# The whole cycle on a real S3 server, with keys; as an old release, for which a restore has more to do. The keys show in
# no log, in no process's arguments and in no file on a node; what a node is given instead reaches what it works on alone.
. "$(dirname "$0")/test_manifests_lib.sh"
s3=$TEST_WORK/s3
watcher=
keeper=
stop_all() {
    touch "$s3/secrets.stop" "$s3/keep.stop"
    [ -z "$watcher" ] || wait "$watcher" || :
    [ -z "$keeper" ] || wait "$keeper" || :
    "$servers/seaweedfs.sh" stop "$s3"
}
rm -rf "$s3"
mkdir -p "$s3"
mapfile -t server < <("$servers/seaweedfs.sh" start "$s3" $gateway)
trap stop_all EXIT
[ ${#server[@]} = 2 ] || failed "the S3 server does not run"

# Keys with what a shell, a file of KEY=VALUE lines or JavaScript could stumble over are the parameters' test; these
# are the server's.
. "${server[1]}"
(umask 077
printf %s "$AWS_ACCESS_KEY_ID" > "$s3/access"
printf %s "$AWS_SECRET_ACCESS_KEY" > "$s3/secret"
printf '%s\n' "$AWS_SECRET_ACCESS_KEY" "$(printf %s "$AWS_SECRET_ACCESS_KEY" | base64 -w 0)" "$(on proc printenv DB_PASSWORD)" > "$s3/secrets"
)
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
to=(--set endpoint="${server[0]}" --set-file aws_access_key="$s3/access" --set-file aws_secret_key="$s3/secret")
watch_processes "$s3/secrets" &
watcher=$!

# Between these two, what the nodes are given is kept in the folder $1.
keep_grants() {
    rm -f "$s3/keep.stop"
    mkdir -m 700 "$1"
    python3 "$(dirname "$0")/secret_watcher.py" "$JPSRUN_STATE/$environment/nodes" "$1" "$s3/keep.stop" &
    keeper=$!
}
stop_keeping() {
    touch "$s3/keep.stop"
    wait $keeper
    keeper=
}

# with CREDENTIALS ARGUMENTS...: the exit status of the command
with() {
    local status=0
    "$JPSBACKUP" "${@:2}" --quiet --store s3:// --endpoint "${server[0]}" --region eu-west-1 --credentials "$1" > "$s3/with" 2>&1 || status=$?
    echo $status
}

# narrow FOLDER LEAST: at least so many were kept; each reaches one object (to back up also its index, and where $3 says so the
# seal) and nothing else
narrow() {
    local kept=0 credentials object objects folder
    folder=$("$JPSBACKUP" list --json --store s3:// --endpoint "${server[0]}" --credentials "${server[1]}" --bucket $bucket |
        python3 -c 'import json, sys
backup = json.loads(sys.stdin.readlines()[-1])["result"]["backups"][0]
print(backup["name"], backup["timestamp"], backup["mode"], sep="_")')
    for credentials in "$1"/*; do
        ! grep -qF -f "$s3/keys" "$credentials" || failed "a node was given the engine's own key"
        [ "$(with "$credentials" ls $bucket)" = 6 ] || failed "a node can list the bucket"
        [ "$(with "$credentials" catalog list --catalog jcprodbackupmetadata/21135_backup_metadata.json)" = 6 ] ||
            failed "a node can read the catalog"
        [ "$(with "$credentials" put "$s3/access" "$bucket/$folder/new")" = 6 ] || failed "a node can write another object"
        [ "$(with "$credentials" rm "$bucket/$folder/backup.json")" = 6 ] || failed "a node can remove the seal"
        objects=
        for object in backup.json database.xbstream.zst digital-factory-data.tar.zst digital-factory-config.tar.zst jahia-env-vars.gz \
            digital-factory-data.tar.zst.index.zst digital-factory-config.tar.zst.index.zst haproxy-00-global.cfg.gz; do
            case $(with "$credentials" get "$bucket/$folder/$object" "$s3/got" --replace) in
            0) objects="$objects $object" ;;
            6) ;;
            *) failed "reading '$object' ends otherwise: $(cat "$s3/with")" ;;
            esac
        done
        objects=${objects# $3}
        # To restore a whole archive nobody needs its index.
        [ -n "$3" ] || objects=$(sed 's/\.index\.zst//g' <<< "$objects" | tr ' ' '\n' | sort -u)
        [ "$(wc -w <<< "$objects")" = 1 ] || failed "a node can read other objects: $objects"
        kept=$((kept + 1))
    done
    [ $kept -ge "$2" ] || failed "only $kept files for nodes were seen"
}

step "backup"
head -n 2 "$s3/secrets" > "$s3/keys"
keep_grants "$s3/backup-grants"
add_traces
for node in proc cp; do on $node sed -i 's/^DX_VERSION=.*/DX_VERSION=7.2.3.1/' /.jelenv; done
proof > "$TEST_WORK/before"
must_run backup.yml "${to[@]}" --set backup_name=s3 --set backtype=auto
stop_keeping
cp "$runlog" "$s3/backup.log"
cp "$runlog.json" "$s3/backup.json"
narrow "$s3/backup-grants" 3 ""
. "${server[1]}"
AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY "$JPSBACKUP" verify --full --quiet --store s3:// \
    --endpoint "${server[0]}" --region eu-west-1 --bucket $bucket --name s3 || failed "the backup is not whole"
for object in digital-factory-data digital-factory-config; do
    AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY "$JPSBACKUP" browse --store s3:// \
        --endpoint "${server[0]}" --region eu-west-1 --bucket $bucket --name s3 --object $object.tar.zst > "$s3/members" ||
        failed "'$object.tar.zst' has no index"
    [ "$(wc -l < "$s3/members")" -gt 2 ] || failed "the index of '$object.tar.zst' is empty"
done
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

step "ruin and restore, with the backup's place given"
wreck
keep_grants "$s3/restore-grants"
must_run restore.yml "${to[@]}" --set backup_name=s3 --set backtype=auto --set cloud_source=aws --set region_source=eu-west-1 \
    --set envrole_source=prod --set uid_source=21135
stop_keeping
cp "$runlog" "$s3/restore.log"
narrow "$s3/restore-grants" 6 backup.json
same_proof "$TEST_WORK/before" "after the restore"
check_restored backup-restore
revision=$(on sqldb mariadb -N -e "SELECT MAX(REVISION_ID) FROM jahia.JR_J_LOCAL_REVISIONS")
on cp bash -c '[ "$(stat -c %s /data/digital-factory-data/repository/revisionNode)" = 8 ]' || failed "no revisionNode on the browsing node"
[ "$revision" -gt 0 ] || failed "the database tells no revision"

# A policy would take this name for a pattern. The upload that was begun for each object and that small ones do not use is gone.
step "signed requests instead of a session"
keep_grants "$s3/signed-grants"
must_run backup.yml "${to[@]}" --set backup_name='s*3'
stop_keeping
narrow "$s3/signed-grants" 3 ""
[ -z "$(grep -L '^JPSBACKUP_GRANTS=' "$s3"/signed-grants/*)" ] || failed "a session was given"
(
    . "${server[1]}"
    printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" | curl -sS --fail -K - --aws-sigv4 aws:amz:eu-west-1:s3 \
        -H "x-amz-content-sha256: $(printf '' | sha256sum | cut -c1-64)" "${server[0]}/$bucket?uploads="
) > "$s3/uploads"
grep -q ListMultipartUploadsResult "$s3/uploads" || failed "the store does not list unfinished uploads: $(cat "$s3/uploads")"
! grep -q '<Upload>' "$s3/uploads" || failed "an upload is left"

step "wrong keys"
printf wrongwrong > "$s3/secret"
must_fail "reading the catalog" backup.yml "${to[@]}" --set backup_name=s3

step "where the keys show"
# What the nodes were given belongs to no log either.
grep -ahoE '^AWS_(SECRET_ACCESS_KEY|SESSION_TOKEN)=.*|X-Amz-Signature=[0-9a-f]+' "$s3"/*-grants/* | sed -E 's/^[^=]*=//' > "$s3/given"
[ "$(wc -l < "$s3/given")" -ge 18 ] || failed "what the nodes were given is not known"
cat "$s3/given" >> "$s3/secrets"
touch "$s3/secrets.stop"
wait "$watcher"
watcher=
[ ! -s "$s3/secrets.seen" ] || failed "a secret stood in a process's arguments: $(cut -c 1-80 "$s3/secrets.seen" | head -n 3)"
! grep -aF -f "$s3/secrets" "$s3/backup.log" "$s3/backup.json" "$s3/restore.log" "$runlog" "$runlog.json" || failed "a secret stands in the runner's log"
! grep -raFl -f "$s3/keys" "$JPSRUN_STATE"/*/nodes || failed "a key lies in a file on a node"
for node in sqldb proc cp bl; do
    on $node bash -c 'find /run/jpsbackup -type f | grep .' && failed "a private file is left on node $node"
    on $node grep -raF -f /dev/stdin /var/log/jelastic-packages < "$s3/secrets" && failed "a secret stands in a log on node $node"
done
echo "passed"
