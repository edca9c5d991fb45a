# What the tests of the manifests share; sourced. They all use one environment, which test_manifests_setup.sh makes and
# test_manifests_cleanup.sh removes. From the caller's environment: BUILD, the build folder.
set -euo pipefail

demo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../demo" && pwd)
servers=$demo/../../scripts/servers
TEST_WORK=$BUILD/manifests-test
installed=$TEST_WORK/installed
JPSRUN=$installed/bin/jpsrun
JPSBACKUP=$installed/bin/jpsbackup
MANIFESTS=$installed/share/jpsbackup/manifests
DEMO_BUILD=$BUILD/demo
environment=manifests
gateway=10.99.21.254
store=$TEST_WORK/store
runlog=$TEST_WORK/run.log
bucket=jcprod21135euwest1
export JPSRUN JPSRUN_STATE=$TEST_WORK/state
export DEMO_STORE=$store DEMO_BUILD DEMO_NAME=$environment DEMO_NETWORK=10.99.21.0/24 DEMO_UID=21135 DEMO_ROLE=prod

failed() { echo "FAILED: $*" >&2; exit 1; }
step() { echo "-- $*"; }

on() { local node=$1; shift; "$JPSRUN" env exec "$environment" "$node" -- "$@"; }

# run MANIFEST [jpsrun options]: its log goes to $runlog, its final answer to $runlog.json
run() {
    local manifest=$1
    shift
    "$JPSRUN" run "$MANIFESTS/$manifest" --env "$environment" --json "$@" > "$runlog.json" 2> "$runlog"
}

must_run() { run "$@" || { tail -n 3 "$runlog" >&2; failed "$* should have succeeded"; }; }

# must_fail TEXT MANIFEST [options]: it fails (2: the runner refused a setting), and says TEXT
must_fail() {
    local text=$1 status=0
    shift
    run "$@" || status=$?
    [ $status = 1 ] || [ $status = 2 ] || failed "$* should have failed, but its exit status is $status"
    grep -qF -- "$text" "$runlog" || { tail -n 3 "$runlog" >&2; failed "$* should have said: $text"; }
}

proof() { "$demo/proof.sh" "$environment"; }

same_proof() { # BEFORE WHEN
    proof > "$1.after"
    diff -u "$1" "$1.after" || failed "the environment is not the same $2"
}

catalog() { cat "$store/jcprodbackupmetadata/21135_backup_metadata.json"; }

# entries of the catalog as "name timestamp mode"
listed() {
    catalog | python3 -c 'import json, sys
for b in json.load(sys.stdin)["backups"]:
    print(b["name"], b["timestamp"], b["mode"])'
}

# What belongs to the environment and what a restore has to remove or set right, put there before a backup.
add_traces() {
    on proc bash -s <<'E'
set -eu
cd /data/digital-factory-data
mkdir -p karaf/etc modules
touch karaf/etc/org.jahia.modules.marketingfactory.settings-mf.cfg karaf/etc/org.jahia.modules.jexperience.settings-global.cfg \
    modules/jexperience-3.0.jar modules/marketing-factory-core-1.0.jar modules/healthcheck-cluster-1.0.jar modules/kept-1.0.jar
chown -R tomcat:tomcat karaf modules
E
    on sqldb mariadb -e "INSERT IGNORE INTO jahia.JR_J_LOCAL_REVISIONS (JOURNAL_ID, REVISION_ID) VALUES ('prod.999999', 1)"
}

# Everything that a restore has to bring back is changed or removed.
wreck() {
    on proc bash -s <<'E'
set -eu
cd /data/digital-factory-data
find . -name '*.jar' -delete
find repository -type f -size +1k | head -n 20 | while IFS= read -r f; do echo wrecked > "$f"; done
chown -R root:root modules
echo stray > stray-file
rm -rf /opt/tomcat/conf/digital-factory-config/jahia
sed -i 's/^jahia_cfg_server_name=.*/jahia_cfg_server_name=wrecked/; /^jahia_cfg_operatingMode=/d' /.jelenv
E
    on cp bash -c "sed -i 's/^jahia_cfg_mail_server=.*/jahia_cfg_mail_server=wrecked/' /.jelenv; rm -rf /data/digital-factory-data/repository"
    on sqldb mariadb jahia -e "DELETE FROM JR_DEFAULT_BUNDLE; DROP TABLE JR_J_JOURNAL; CREATE TABLE stray (a INT);
        CREATE USER 'jahia-db-former'@'%' IDENTIFIED BY 'former'"
    on bl bash -c "printf 'global\n    maxconn 7\n' > /etc/haproxy/haproxy.cfg.d/00-global.cfg"
}

# check_restored MARKER
check_restored() {
    on proc bash -s -- "$1" <<'E' || failed "the data directory does not fit the environment"
set -eu
cd /data/digital-factory-data
test -f "$1" && test "$(stat -c %U "$1")" = tomcat
test -f modules/kept-1.0.jar
left=$(find karaf modules -name '*jexperience*' -o -name '*arketing*actory*' -o -name 'healthcheck-cluster*')
test -z "$left" || { echo "left: $left"; exit 1; }
test ! -e stray-file
test ! -e /var/lib/jpsbackup/restore.json
test -s /var/log/jelastic-packages/restore.log
E
    on cp bash -s <<'E' || failed "the browsing node's configuration does not fit it"
set -eu
cd /opt/tomcat/conf/digital-factory-config/jahia
grep -qx 'processingServer = false' jahia.node.properties
grep -qE '^cluster.node.serverId = prod\.[0-9]+$' jahia.node.properties
test "$(stat -c %U:%a jahia.node.properties)" = tomcat:640
E
    local nodes rows
    nodes=$(for node in proc cp; do on $node sed -n 's/^cluster.node.serverId = //p' /opt/tomcat/conf/digital-factory-config/jahia/jahia.node.properties; done | sort)
    rows=$(on sqldb mariadb -N -e 'SELECT JOURNAL_ID FROM jahia.JR_J_LOCAL_REVISIONS' | sort)
    [ "$nodes" = "$rows" ] || failed "revisions of other nodes are left: $rows instead of $nodes"
    on bl grep -qx 'auth_basic_enabled=false' /.jelenv || failed "auth_basic_enabled is not set"
    grep -q '"envLink" : ""' "$JPSRUN_STATE/$environment/groups.json" || failed "envLink is not emptied"
}

# Looks at all processes' arguments until the file $1.stop appears; secrets (lines of the file $1) that it sees go to $1.seen.
watch_processes() {
    while [ ! -e "$1.stop" ]; do
        cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' '\n' | grep -aF -f "$1" >> "$1.seen" || :
        sleep 0.05
    done
}
