#!/bin/bash
# Prints everything that a restore must bring back, the same text for the same state, to be compared with diff.
# usage: proof.sh ENVIRONMENT      $JPSRUN names the runner's command (default: jpsrun)
#
# Left out, because a restore changes it on purpose or a server makes it anew:
#   repository/.lock, index, workspaces, revisionNode and the marker safe-env-clone or backup-restore;
#   the files of links to another environment and the cluster's health check modules;
#   times of directories (their entries come and go) and of jahia.node.properties (edited, then the same);
#   rows of JR_J_LOCAL_REVISIONS (each start writes them);
#   files of the browsing node: a restore gives it the processing node's, which it had only in part.
# Lines that differ when the restore goes into ANOTHER environment: `node-properties` (ids and addresses),
# `variable` except jahia_cfg_* other than the health check's token, `user` and `grant` (the database's user is the
# target's own), and `haproxy` (ids of servers).
set -euo pipefail
environment=$1

on() { local node=$1; shift; ${JPSRUN:-jpsrun} env exec "$environment" "$node" -- "$@"; }

# Sent to each node; one line a fact, odd bytes of names shown as they are but for line breaks.
on proc bash -s <<'E'
set -euo pipefail
export LC_ALL=C
tree() { # LABEL DIRECTORY
    cd "$2"
    local skip=(-path ./repository/.lock -o -path ./repository/index -o -path ./repository/workspaces
        -o -path ./repository/revisionNode -o -name 'tmp[0-9]*.tmp' -o -name safe-env-clone -o -name backup-restore
        -o -name org.jahia.modules.marketingfactory.settings-mf.cfg -o -name org.jahia.modules.jexperience.settings-global.cfg
        -o -name 'jexperience-*.jar' -o -name 'marketing-factory-core*.jar' -o -name 'healthcheck-cluster*')
    find . \( "${skip[@]}" \) -prune -o -name jahia.node.properties -printf "$1 %p %y %m %u:%g %n\0" \
        -o -type d -printf "$1 %p %y %m %u:%g\0" -o -printf "$1 %p %y %m %u:%g %n %s %T@ %l\0" | sort -z | tr '\n\0' '?\n'
    find . \( "${skip[@]}" \) -prune -o -name jahia.node.properties -o -type f -print0 | sort -z |
        xargs -0 -r sha256sum -z | sed -z "s/^/$1 /" | tr '\n\0' '?\n'
}
tree data /data/digital-factory-data
tree configuration /opt/tomcat/conf/digital-factory-config
sed 's/^/node-properties proc /; s/  *= */=/' /opt/tomcat/conf/digital-factory-config/jahia/jahia.node.properties
E

for node in proc cp; do
    on "$node" bash -s "$node" <<'E'
set -euo pipefail
stat -c "variables $1 %n %a %U:%G" /.jelenv
# Secrets as digests: a proof may be shown.
LC_ALL=C sort /.jelenv | while IFS= read -r line; do
    case ${line%%=*} in
    *PASSWORD* | *token*) line=${line%%=*}=sha256:$(printf %s "${line#*=}" | sha256sum | cut -c1-16) ;;
    esac
    printf 'variable %s %s\n' "$1" "$line"
done
E
done

on sqldb bash -s <<'E'
set -euo pipefail
query() { mariadb -N --batch -e "$1"; }
for table in $(query "SELECT table_name FROM information_schema.tables WHERE table_schema = 'jahia' AND table_name <> 'JR_J_LOCAL_REVISIONS' ORDER BY BINARY table_name"); do
    printf 'table %s rows %s checksum %s definition %s\n' "$table" "$(query "SELECT COUNT(*) FROM jahia.$table")" \
        "$(query "CHECKSUM TABLE jahia.$table" | cut -f2)" "$(query "SHOW CREATE TABLE jahia.$table" | sha256sum | cut -c1-16)"
done
query "SELECT CONCAT('user ', user, '@', host, ' ', SHA2(authentication_string, 256)) FROM mysql.user
    WHERE user NOT IN ('root', 'mysql', 'mariadb.sys') ORDER BY user, host"
for user in "$DB_USER" "$MONITORING_USER"; do
    query "SHOW GRANTS FOR '$user'@'%'" | sed "s/^/grant /; s/IDENTIFIED BY PASSWORD '[^']*'/IDENTIFIED BY PASSWORD/"
done
stat -c 'database-folder %n %a %U:%G' /var/lib/mysql
E

token=$(on proc bash -c 'printf %s "$jahia_cfg_healthcheck_token"')
printf '%s\n' "$token" | on bl bash -c '
set -euo pipefail
read -r token
file=/etc/haproxy/haproxy.cfg.d/00-global.cfg
stat -c "haproxy %n %a %U:%G" $file
sed "s/^/haproxy /" $file
for backend in proc cp; do
    server=$(sed -n "s/.*server $backend .* cookie \(s[0-9]*\).*/\1/p" /etc/haproxy/haproxy.cfg.d/10-backends.cfg)
    curl -fsS -b "serverid=$server" http://127.0.0.1/report | sed "s/^/http $backend /"
    printf "url = \"http://127.0.0.1/modules/healthcheck?token=%s\"" "$token" | curl -sS -b "serverid=$server" -K - |
        sed "s/.*\"status\":\"\([A-Z]*\)\",\"serverId.*/http $backend health \1/"
    for path in sites/demo/home seed1/folder007/item000007 no/such/page; do
        printf "http %s %s %s\n" "$backend" "$path" "$(curl -sS -b "serverid=$server" -o /tmp/answer -w "%{http_code}" \
            "http://127.0.0.1/content/$path") $(sha256sum < /tmp/answer | cut -c1-64)"
    done
done
rm -f /tmp/answer'
