#!/bin/bash
# Backups of the scripts that came before: made by tar, gzip, mariadb-dump and mariabackup, restored by us, and a server starts
# on what mariabackup had packed.
. "$(dirname "$0")/test_cli_lib.sh"
server=
stop_server() {
    [ -z "$server" ] || { kill "$server" && wait "$server" || true; }
    server=
}
# start_server DATA: a private one, on the socket that $sql uses
start_server() {
    chown -R mysql:mysql "$1"
    mariadbd --no-defaults --user=mysql --datadir="$1" --socket="$work/run/socket" --pid-file="$work/run/pid" --skip-networking \
        --performance-schema=off --innodb-log-file-size=8M >>server.log 2>&1 </dev/null &
    server=$!
    wait_until mariadb-admin --no-defaults --socket="$work/run/socket" --user=root --silent ping
}
sql() { mariadb --no-defaults --socket="$work/run/socket" --user=root --batch --skip-column-names "$@"; }
state_of_database() { sql -e 'CHECKSUM TABLE jahia.t, jahia.u, jahia.JR_J_LOCAL_REVISIONS; SELECT COUNT(*) FROM jahia.t'; }
chmod 711 "$work"

# The server, and its directory packed and plain with nothing written in between.
mkdir live run
chown mysql live run
mariadb-install-db --no-defaults --user=mysql --datadir="$work/live" --auth-root-authentication-method=socket --skip-test-db \
    --innodb-log-file-size=8M >install.log 2>&1 || failed "$(cat install.log)"
start_server "$work/live"
sql <<'Q'
CREATE DATABASE jahia;
USE jahia;
CREATE TABLE t (a INT PRIMARY KEY AUTO_INCREMENT, b BLOB, c VARCHAR(200));
INSERT INTO t (b, c) SELECT RANDOM_BYTES(700), REPEAT('jahia ', 30) FROM seq_1_to_2000;
INSERT INTO t (b, c) SELECT REPEAT('x', 9000), UUID() FROM seq_1_to_500;
CREATE TABLE u (a INT, b TEXT) ENGINE=Aria;
INSERT INTO u SELECT seq, REPEAT(seq, 20) FROM seq_1_to_1000;
CREATE TABLE JR_J_LOCAL_REVISIONS (JOURNAL_ID VARCHAR(255), REVISION_ID BIGINT);
INSERT INTO JR_J_LOCAL_REVISIONS VALUES ('prod.9', 3);
FLUSH TABLES;
Q
expected=$(state_of_database)
for kind in packed plain; do
    option=
    [ $kind = plain ] || option=--compress
    mariadb-backup --no-defaults --backup $option --socket="$work/run/socket" --user=root --target-dir="$work/$kind" >backup.log 2>&1 ||
        failed "$(tail -n 3 backup.log)"
done
mariadb-dump --no-defaults --socket="$work/run/socket" --user=root jahia >dump.sql
stop_server

# The old folder.
mkdir -p site/data/digital-factory-data/modules site/opt/tomcat/conf/digital-factory-config/jahia
printf 'content\n' >site/data/digital-factory-data/modules/one.jar
printf 'a = b\n' >site/opt/tomcat/conf/digital-factory-config/jahia/jahia.node.properties
mkdir got
folder=store/b/site_2021-02-03T04:05:00_manual
mkdir -p $folder
tar -czf $folder/digital-factory-data.tar.gz -C site data/digital-factory-data
tar -czf $folder/digital-factory-config.tar.gz -C site opt/tomcat/conf/digital-factory-config
printf 'jahia_cfg_a=1\n' | gzip >$folder/jahia-env-vars.gz
printf 'global\n' | gzip >$folder/haproxy-00-global.cfg.gz
gzip <dump.sql >$folder/jahia.sql.gz
tar -cf $folder/database.tar -C packed .
which=(--bucket b --name site --timestamp 2021-02-03T04:05:00 --mode manual)

expect 0 list --bucket b
says out "old"
expect 0 verify --bucket b --name site --full
restore() { local object=$1 into=$2; shift 2; expect 0 restore "${which[@]}" --object "$object" --into "$into" "$@"; }
restore digital-factory-data.tar.gz got/data
diff -r site/data/digital-factory-data got/data || failed "the data directory differs"
restore digital-factory-config.tar.gz got/config --old
diff -r site/opt/tomcat/conf/digital-factory-config got/config || failed "the configuration differs"
restore jahia-env-vars.gz got/variables
grep -qx jahia_cfg_a=1 got/variables || failed "the variables differ"
restore haproxy-00-global.cfg.gz got/proxy
grep -qx global got/proxy || failed "HAProxy's file differs"
restore jahia.sql.gz got/sql
cmp dump.sql got/sql || failed "the dump differs"
expect 2 restore --bucket b --name site --old --object database.tar --into got/database
expect 4 restore "${which[@]}" --old --object none.tar --into got/database

# mariabackup's own packed files: what it wrote plain is the same, but what counts the backups and the log's position.
same_database() {
    [ -z "$(find "$1" -name '*.qp')" ] || failed "packed files are left in '$1'"
    (cd packed && find . -type f | sed 's/\.qp$//' | sort) >packed.names
    (cd "$1" && find . -type f | sort) | diff packed.names - || failed "'$1' has other files"
    (cd plain && find . -type f \( -name '*.frm' -o -name '*.MA?' -o -name '*.opt' -o -name '*.CS?' \)) | while IFS= read -r file; do
        cmp "plain/$file" "$1/$file" || failed "'$file' differs"
    done
}
restore database.tar got/database --owner mysql
same_database got/database
[ "$(stat -c %U got/database/ibdata1)" = mysql ] || failed "the owner is not mysql"
mariadb-backup --prepare --target-dir="$work/got/database" >prepare.log 2>&1 || failed "$(tail -n 3 prepare.log)"
start_server "$work/got/database"
[ "$(state_of_database)" = "$expected" ] || failed "the database that was restored differs: $(state_of_database)"
stop_server

# However deep the directory lies in its archive, and in place too.
mkdir -p deep/data
cp -a packed deep/data/jahia
tar -cf $folder/database.tar -C deep data/jahia
restore database.tar got/deep
same_database got/deep
restore database.tar got/deep --in-place
same_database got/deep

# Damage in a packed file, an archive that ends early, a dump that does: the target stays.
cp -a got/deep before
python3 - $folder/database.tar <<'P'
import sys
bytes_ = bytearray(open(sys.argv[1], 'rb').read())
at = bytes_.index(b'NEWBNEWB', len(bytes_) // 2)
bytes_[at + 60] ^= 1
open(sys.argv[1], 'wb').write(bytes_)
P
expect 3 verify --bucket b --name site --full
says out "database.tar: damaged"
for way in "" --in-place; do
    expect 3 restore "${which[@]}" --object database.tar --into got/deep $way
    says err "the qpress file is damaged"
    diff -r before got/deep || failed "a damaged archive changed the target"
done
truncate -s 100000 $folder/database.tar
expect 1 restore "${which[@]}" --object database.tar --into got/deep
says err "damaged or cut off"
truncate -s -5 $folder/jahia.sql.gz
expect 3 restore "${which[@]}" --object jahia.sql.gz --into got/sql
cmp dump.sql got/sql || failed "a dump that ends early replaced another"
[ -z "$(find got -maxdepth 1 -name '.?*')" ] || failed "a restore left $(find got -maxdepth 1 -name '.?*')"
echo "passed"
