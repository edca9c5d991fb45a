#!/bin/bash
# A restore whose later steps fail puts the old state back.
. "$(dirname "$0")/test_manifests_lib.sh"
to=(--set store="file://$store")

proof > "$TEST_WORK/before"

step "a backup whose HAProxy file does not load"
on bl bash -c 'cd /etc/haproxy/haproxy.cfg.d && cp -p 00-global.cfg /root/kept.cfg && echo "no such line" >> 00-global.cfg'
must_run backup.yml "${to[@]}" --set backup_name=badproxy
on bl cp -p /root/kept.cfg /etc/haproxy/haproxy.cfg.d/00-global.cfg
must_fail "the old state is back" restore.yml "${to[@]}" --set backup_name=badproxy
grep -qF "reloading 'haproxy'" "$runlog" || failed "the error does not say what failed"
same_proof "$TEST_WORK/before" "after a restore that was undone"

step "a backup whose application never gets healthy"
on proc bash -c 'cd /data/digital-factory-data/repository && mv workspaces /data/kept && touch workspaces && chown tomcat: workspaces'
must_run backup.yml "${to[@]}" --set backup_name=unhealthy
on proc bash -c 'cd /data/digital-factory-data/repository && rm workspaces && mv /data/kept workspaces'
must_fail "the old state is back" restore.yml "${to[@]}" --set backup_name=unhealthy
grep -qF "waiting for a healthy application" "$runlog" || failed "the error does not say what failed"
same_proof "$TEST_WORK/before" "after a restore that was undone"
for node in sqldb proc cp bl; do
    on $node test ! -e /var/lib/jpsbackup/restore.json || failed "a journal is left on node $node"
done
echo "passed"
