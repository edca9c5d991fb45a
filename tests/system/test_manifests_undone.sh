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
# cancel_when PATTERN: begins a restore and sends SIGTERM as soon as a node's journal holds the pattern
cancel_when() {
    local pattern=$1 status=0 pid found=no
    shift
    "$JPSRUN" run "$MANIFESTS/restore.yml" --env "$environment" --json "${to[@]}" "$@" > "$runlog.json" 2> "$runlog" &
    pid=$!
    while kill -0 $pid 2> /dev/null; do
        if grep -qs -- "$pattern" "$JPSRUN_STATE/$environment"/nodes/*/root/var/lib/jpsbackup/restore.json; then
            found=yes
            kill -TERM $pid
            break
        fi
        sleep 0.02
    done
    wait $pid || status=$?
    [ $found = yes ] || failed "the restore ended before a journal held $pattern"
    [ $status = 130 ] || { tail -n 3 "$runlog" >&2; failed "the exit status of a cancelled restore is $status"; }
    grep -qF "the old state is back" "$runlog" || { tail -n 3 "$runlog" >&2; failed "the old state is not said to be back"; }
}

step "a restore that is cancelled between exchange and commit"
must_run backup.yml "${to[@]}" --set backup_name=good
cancel_when '"state": "exchanged"' --set backup_name=good
same_proof "$TEST_WORK/before" "after a restore that was cancelled"

step "a restore that is cancelled while it puts the old state back"
cancel_when '"state": "undo' --set backup_name=badproxy
same_proof "$TEST_WORK/before" "after a restore that was cancelled while it was undone"

step "one node's command is killed right after its own exchange, before it can tell of it"
on cp bash -s <<'E'
set -eu
for bin in /opt/jpsbackup-node/*/bin; do
    mv $bin/jpsbackup $bin/jpsbackup.kept
    cat > $bin/jpsbackup <<'W'
#!/bin/sh
kept=$(dirname "$0")/jpsbackup.kept
case " $* " in
*' --step swap '*)
    "$kept" "$@" > /dev/null
    kill -KILL $$
esac
exec "$kept" "$@"
W
    chmod 755 $bin/jpsbackup
done
E
must_fail "the old state is back" restore.yml "${to[@]}" --set backup_name=good
grep -qF "the command ended without an account" "$runlog" || failed "the error does not say what happened to the command"
on cp bash -c 'for bin in /opt/jpsbackup-node/*/bin; do mv -f $bin/jpsbackup.kept $bin/jpsbackup; done'
same_proof "$TEST_WORK/before" "after a node's command was killed"
for node in sqldb proc cp bl; do
    on $node test ! -e /var/lib/jpsbackup/restore.json || failed "a journal is left on node $node"
done
echo "passed"
