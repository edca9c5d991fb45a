#!/bin/bash
# The whole cycle on a file:// store: backup, ruin, restore, and the environment is the same again. The backup's name
# holds what a shell, JavaScript or a placeholder could stumble over.
. "$(dirname "$0")/test_manifests_lib.sh"
name="it's \"a\" \$(name) \`of\` \\ ünïcode"

step "backup"
add_traces
proof > "$TEST_WORK/before"
must_run backup.yml --set store="file://$store" --set backup_name="$name" --set timestamp=2026-01-02T03:04:00
"$JPSBACKUP" verify --full --quiet --store "file://$store" --bucket $bucket --name "$name" || failed "the backup is not whole"
catalog | NAME=$name python3 -c 'import json, os, sys
entry = json.load(sys.stdin)["backups"][0]
size = entry.pop("size")
assert size > 1 << 20, size
assert entry == {"name": os.environ["NAME"], "timestamp": "2026-01-02T03:04:00", "mode": "manual", "product": "dx",
    "version": "8.0.2.0", "cloudprovider": "aws", "region": "eu-west-1", "envrole": "prod", "envname": "manifests",
    "displayname": "Demo of manifests", "uid": "21135"}, entry' || failed "the catalog's entry is wrong"
for node in sqldb proc bl; do
    on $node test -s /var/log/jelastic-packages/backup.log || failed "node $node has no log"
done
must_run listbackup.yml --set store="file://$store"
grep -qF '2026-01-02T03:04:00' "$runlog.json" "$runlog" || failed "listbackup.yml does not show the backup"

step "ruin"
wreck

step "restore"
must_run restore.yml --set store="file://$store" --set backup_name="$name"
same_proof "$TEST_WORK/before" "after the restore"
check_restored safe-env-clone
on sqldb mariadb -N -e "SELECT user FROM mysql.user" | grep -q former && failed "a user of the ruined database is left"

step "the same restored by its source environment's name, without removing links"
must_run restore.yml --set store="file://$store" --set backup_name="$name" --set removeEnvlink=0 --set source_env=$environment
on proc test -e /data/digital-factory-data/modules/jexperience-3.0.jar || failed "links were removed"
echo "passed"
