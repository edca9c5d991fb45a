#!/bin/bash
# Fills the demo's environment with content that is the same every time.
# usage: fill.sh ENVIRONMENT [MEBIBYTES]    default 60, in five binaries a mebibyte and some fifty odd files on disk
# $JPSRUN names the runner's command (default: jpsrun).
set -euo pipefail
environment=$1 mebibytes=${2:-60}
[[ $mebibytes =~ ^[1-9][0-9]{0,5}$ ]] || { echo "fill.sh: size '$mebibytes' is not a number of mebibytes" >&2; exit 2; }

on() { # NODE USER COMMAND...
    ${JPSRUN:-jpsrun} env exec "$environment" "$1" --user "$2" -- "${@:3}"
}

# Binaries in the repository: files in the data store, rows in the database, entries in the index.
on bl root bash -s "$mebibytes" <<'E'
set -euo pipefail
curl -fsS -X POST "http://127.0.0.1/fill?seed=1&count=$(($1 * 5))&bytes=$(($1 << 20))" > /dev/null
printf 'A page with its own name\n' | curl -fsS -o /dev/null -T - http://127.0.0.1/content/sites/demo/home
proc=$(sed -n 's/.*server proc .* cookie \(s[0-9]*\).*/\1/p' /etc/haproxy/haproxy.cfg.d/10-backends.cfg)
# The browsing node follows the journal a moment later, and fetches the binaries as it reads them.
for attempt in $(seq 50); do
    [ "$(curl -fsS http://127.0.0.1/report)" = "$(curl -fsS -b "serverid=$proc" http://127.0.0.1/report)" ] && exit 0
    sleep 0.2
done
echo "fill.sh: the browsing node does not show what the processing node holds" >&2
exit 1
E

# Files beside it, as the user that owns them: names, links, modes and times that an archive easily loses.
on proc tomcat bash -s <<'E'
set -euo pipefail
umask 022
cd /data/digital-factory-data
mkdir -p generated-resources/{empty,deep/a/b/c/d/e/f/g/h,'with space',größe} modules karaf/etc content
cd content
printf 'plain\n' > plain.txt
: > empty
printf 'x' > '-leading-dash'
printf 'x' > ' blanks around '
printf 'x' > $'line\nbreak'
printf 'x' > $'tab\tand "quotes" and \\ and *?[]$`'
printf 'x' > 'ünïcödé-文字-🙂'
printf 'x' > $'not-utf8-\xff\xfe'
printf 'x' > "$(printf 'long%.0s' {1..60})"
directory=$(printf 'directory-with-a-long-name/%.0s' {1..6})
mkdir -p "$directory"
printf 'x' > "${directory}file"
ln -sfn plain.txt link
ln -sfn ../modules link-to-directory
ln -sfn /nowhere/at/all dangling
ln -sfn "$(printf 'long-target/%.0s' {1..15})" link-with-long-target
ln -f plain.txt hard-link
for mode in 0400 0444 0600 0640 0755 0777; do
    rm -f "mode-$mode"
    printf '%s\n' "$mode" > "mode-$mode"
    chmod "$mode" "mode-$mode"
done
mkdir -p private shared sticky
chmod 0700 private
chmod 2775 shared
chmod 1777 sticky
truncate -s 0 sparse
truncate -s 8M sparse
printf 'end' >> sparse
for number in {1..20}; do
    seq "$number" $((number * 3000)) > "numbers-$number.txt"
done
# What a restore removes on purpose: links to another environment and the cluster's health check.
printf 'mf.url = http://example.com\n' > ../karaf/etc/org.jahia.modules.marketingfactory.settings-mf.cfg
printf 'jx.url = http://example.com\n' > ../karaf/etc/org.jahia.modules.jexperience.settings-global.cfg
for jar in jexperience-1.11.0 marketing-factory-core-1.11.0 healthcheck-cluster-2.0.0 site-settings-8.0.0; do
    printf 'not really %s\n' "$jar" > "../modules/$jar.jar"
done
printf 'level = info\n' > ../karaf/etc/org.ops4j.pax.logging.cfg
find . ../modules ../karaf ../generated-resources -exec touch -h -d '2020-02-29 12:34:56.123456789 UTC' {} +
touch -d '1971-01-01 00:00:00 UTC' plain.txt
touch -d '2040-01-01 00:00:00 UTC' empty
E
echo "filled '$environment' with $mebibytes MiB"
