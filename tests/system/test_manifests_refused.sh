#!/bin/bash
# What must be refused or must fail: nothing is started, nothing is listed, nothing is lost.
. "$(dirname "$0")/test_manifests_lib.sh"
to=(--set store="file://$store")
state() { find "$store" -type f -printf '%p %s %T@\n' | sort; on proc bash -c 'ls -l --time-style=full-iso /var/log/jelastic-packages /data | tail -n +2'; }

must_run backup.yml "${to[@]}" --set backup_name=kept --set timestamp=2026-02-01T00:00:00
proof > "$TEST_WORK/before"

step "wrong parameters"
state > "$TEST_WORK/state-before"
while IFS='|' read -r text manifest settings; do
    arguments=("${to[@]}" --set backup_name=kept)
    for pair in $settings; do arguments+=(--set "$pair"); done
    must_fail "$text" "$manifest" "${arguments[@]}"
done <<'E'
'backup_name' holds '/'|backup.yml|backup_name=a/../b
'timestamp' is '2026-02-30T00:00:00'|backup.yml|timestamp=2026-02-30T00:00:00
'retention' is '0'|backup.yml|retention=0
'node_hours' is '37'|backup.yml|node_hours=37
'node_role' is 'admin'|restore.yml|node_role=admin
backtype|backup.yml|backtype=weekly
lock_mode|backup.yml|lock_mode=forever
'lock_days' is '7' without a 'lock_mode'|backup.yml|lock_days=7
'lock_days' is ''|backup.yml|lock_mode=governance
'lock_days' is '36501'|backup.yml|lock_mode=compliance lock_days=36501
has no object lock|backup.yml|lock_mode=governance lock_days=1
'encryption' is 'rot13'|backup.yml|encryption=rot13
'encryption' is given for the store 'file://|backup.yml|encryption=AES256
env|backup.yml|env=test
'store' is 'ftp://x'|backup.yml|store=ftp://x
'aws_access_key' is empty|backup.yml|store=s3://
'timestamp' is 'yesterday'|restore.yml|timestamp=yesterday
removeEnvlink|restore.yml|removeEnvlink=2
'region_source' alone|restore.yml|region_source=eu-west-1
'uid_source' is '../1'|restore.yml|region_source=a cloud_source=aws envrole_source=prod uid_source=../1
environment 'gone'|restore.yml|source_env=gone
looking for the backup 'none'|restore.yml|backup_name=none
looking for the backup 'kept'|restore.yml|timestamp=2026-02-01T00:01:00
E
state | diff "$TEST_WORK/state-before" - || failed "a refused run changed something"

step "a second backup in the same minute"
must_fail "claiming the name" backup.yml "${to[@]}" --set backup_name=kept --set timestamp=2026-02-01T00:00:00
"$JPSBACKUP" verify --full --quiet --store "file://$store" --bucket $bucket --name kept || failed "the first backup was harmed"

step "a producer that dies"
listed > "$TEST_WORK/listed"
on sqldb bash -c 'printf "[mariabackup]\nno-such-option=1\n" > /etc/mysql/mariadb.conf.d/99-broken.cnf'
must_fail "the backup of the database" backup.yml "${to[@]}" --set backup_name=dead --set timestamp=2026-02-02T00:00:00
on sqldb rm /etc/mysql/mariadb.conf.d/99-broken.cnf
listed | diff "$TEST_WORK/listed" - || failed "a failed backup is listed"
find "$store/$bucket" -path '*dead*' -type f | grep . && failed "a failed backup left objects"

step "a damaged byte"
object=$store/$bucket/kept_2026-02-01T00:00:00_manual/digital-factory-data.tar.zst
damage() { # the same again repairs it
    python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(5000); byte = f.read(1)[0]; f.seek(5000); f.write(bytes([byte ^ 1]))' "$object"
}
damage
must_fail "digital-factory-data.tar.zst" restore.yml "${to[@]}" --set backup_name=kept
grep -qF "no service was stopped and nothing is changed" "$runlog" || failed "the failed restore does not say that nothing is changed"
damage
same_proof "$TEST_WORK/before" "after a refused restore"
on proc bash -c 'find /data /opt/tomcat/conf -name ".*jpsbackup*" | grep .' && failed "a refused restore left staged files"

step "rotation"
for day in 01 02 03; do
    must_run backup.yml "${to[@]}" --set backup_name=rotated --set timestamp=2026-03-${day}T00:00:00 --set backtype=auto --set retention=2
done
[ "$(listed | grep ^rotated | sort | tr '\n' ' ')" = "rotated 2026-03-02T00:00:00 auto rotated 2026-03-03T00:00:00 auto " ] ||
    failed "rotation left $(listed)"
listed | grep '^kept ' > /dev/null || failed "rotation removed another backup"
echo "passed"
