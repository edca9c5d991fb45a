#!/bin/bash
# Backups of older releases: a folder without a seal, made of what tar, gzip, mariabackup and mariadb-dump write, in both forms
# that its database may have.
. "$(dirname "$0")/test_manifests_lib.sh"
to=(--set store="file://$store")
folder=$store/$bucket/former_2020-05-06T07:08:00_manual
mkdir -p "$folder"

# tar's own form keeps whole seconds only.
without_fractions() { sed -E 's/ ([0-9]+)\.[0-9]{10}( |$)/ \1\2/' "$1"; }
same_but_fractions() { # WHEN
    proof > "$TEST_WORK/after"
    diff -u <(without_fractions "$TEST_WORK/before") <(without_fractions "$TEST_WORK/after") || failed "the environment is not the same $1"
}

add_traces
proof > "$TEST_WORK/before"
step "an old backup"
on proc env FOLDER="$folder" bash -s <<'E'
set -eu
tar -czf "$FOLDER/digital-factory-data.tar.gz" -C / data/digital-factory-data
tar -czf "$FOLDER/digital-factory-config.tar.gz" -C / opt/tomcat/conf/digital-factory-config
grep '^jahia_cfg_' /.jelenv | gzip > "$FOLDER/jahia-env-vars.gz"
E
on bl sh -c "gzip < /etc/haproxy/haproxy.cfg.d/00-global.cfg > '$folder/haproxy-00-global.cfg.gz'"
on sqldb env FOLDER="$folder" bash -s <<'E'
set -eu
mariadb-backup --backup --compress --user=root --target-dir=/root/packed > /root/packed.log 2>&1 || { tail -n 3 /root/packed.log; exit 1; }
tar -cf "$FOLDER/database.tar" -C /root packed
rm -rf /root/packed
mariadb-dump --user=root jahia | gzip > "$FOLDER/../dump"
E

step "its database as an archive of mariabackup's packed files"
wreck
must_run restore.yml "${to[@]}" --set backup_name=former
same_but_fractions "after the restore of an archive"
check_restored safe-env-clone
on sqldb mariadb -N -e "SELECT user FROM mysql.user" | grep -q former && failed "a user of the ruined database is left"

step "its database as a dump"
rm "$folder/database.tar"
mv "$folder/../dump" "$folder/jahia.sql.gz"
wreck
must_run restore.yml "${to[@]}" --set backup_name=former
same_but_fractions "after the restore of a dump"
check_restored safe-env-clone

step "a dump that ends early, though its compressed stream is whole"
zcat "$folder/jahia.sql.gz" | head -n -1 | gzip > "$folder/../short"
mv "$folder/../short" "$folder/jahia.sql.gz"
must_fail "the dump ends too early" restore.yml "${to[@]}" --set backup_name=former
grep -qF "no service was stopped and nothing is changed" "$runlog" || failed "the failed restore does not say that nothing is changed"
same_but_fractions "after a dump that was refused"
on sqldb bash -c 'ls -A /var/lib | grep -c jpsbackup- || :' | grep -qx 0 || failed "the refused dump left its staging"
on sqldb bash -c 'pgrep -fc "[s]kip-slave-start" || :' | grep -qx 0 || failed "the refused dump left its server"
echo "passed"
