#!/bin/bash
# Hostile settings, and nodes that lie: nothing of it is run, sealed, listed or logged.
. "$(dirname "$0")/test_manifests_lib.sh"
to=(--set store="file://$store")
secret='Zk7mQ2vR8xT4wY1p'

listed_before=$TEST_WORK/listed-before
must_run backup.yml "${to[@]}" --set backup_name=honest
listed > "$listed_before"
nothing_new() {
    listed | diff "$listed_before" - || failed "$1 is listed"
    find "$store" -path '*lied*' -type f | grep . && failed "$1 left objects"
    return 0
}

step "a name that is quotes, commands, placeholders and other scripts"
name="it's \"x\" \$(touch hacked) \`touch hacked\` \${globals.plan} \${settings.store} \\ ; # 日本 é"
must_run backup.yml "${to[@]}" --set "backup_name=$name" --set timestamp=2026-04-01T00:00:00
catalog | NAME=$name python3 -c 'import json, os, sys
names = [b["name"] for b in json.load(sys.stdin)["backups"]]
sys.exit(os.environ["NAME"] not in names)' || failed "the catalog lacks the name as it was given"
must_run restore.yml "${to[@]}" --set "backup_name=$name"
must_run listbackup.yml "${to[@]}"
not_run() { # WHAT
    local node
    for node in sqldb proc cp bl; do
        on $node find / /root /tmp -maxdepth 1 -name hacked | grep . && failed "node $node ran $1"
    done
    [ ! -e /hacked ] && [ ! -e hacked ] || failed "the engine ran $1"
}
not_run "what a name says"
listed > "$listed_before"

step "hostile values of every other setting"
value=$'\'}); java.lang.System.exit(7); ({a: \'$(touch hacked)\n../x"'
for manifest in backup.yml restore.yml; do
    for setting in backup_name timestamp retention source_env region_source uid_source endpoint node_role node_hours encryption lock_days; do
        case $manifest:$setting in backup.yml:*_source | backup.yml:source_env | restore.yml:encryption | restore.yml:lock_*) continue;; esac
        status=0
        run $manifest "${to[@]}" --set backup_name=lied --set "$setting=$value" || status=$?
        [ $status = 1 ] || failed "$manifest with a hostile $setting: exit status $status"
        tail -n 1 "$runlog" | grep -q "$setting" || { tail -n 1 "$runlog"; failed "the error does not name $setting"; }
    done
done
must_fail "'region_source' is '9eu-west-1'" restore.yml "${to[@]}" --set backup_name=lied --set region_source=9eu-west-1 \
    --set cloud_source=aws --set envrole_source=prod --set uid_source=2113
not_run "what a setting says"
nothing_new "a refused backup"

step "secrets in what fails"
for run in "backup.yml --set endpoint=http://127.0.0.1:9" "backup.yml --set timestamp=wrong" "restore.yml --set endpoint=http://127.0.0.1:9"; do
    status=0
    AKEY=AKIA$secret SKEY="$secret+'\"\$(id)/" run $run --set store=s3:// --set backup_name=lied \
        --set-env aws_access_key=AKEY --set-env aws_secret_key=SKEY || status=$?
    [ $status = 1 ] || failed "$run: exit status $status"
    for form in "$secret" "$(printf %s "$secret+'\"\$(id)/" | base64)" "$(printf %s "AKIA$secret" | base64)"; do
        grep -qF -- "$form" "$runlog" "$runlog.json" && failed "$run shows a key"
    done
done

step "a node that tells another owner's place"
on proc cp -p /metadata_from_HOST /root/kept-metadata
for line in JEL_REGION=9eu-west-1 JEL_ENV_ROLE=prod9 "JEL_REGION=../x" 'JEL_CLOUDPROVIDER=$(id)'; do
    on proc bash -c 'sed "/^${1%%=*}=/d" /root/kept-metadata > /metadata_from_HOST; printf "%s\n" "$1" >> /metadata_from_HOST' - "$line"
    must_fail "tells no usable" backup.yml "${to[@]}" --set backup_name=lied
    must_fail "tells no usable" restore.yml "${to[@]}" --set backup_name=honest
done
on proc cp -p /root/kept-metadata /metadata_from_HOST
nothing_new "a backup at another owner's place"

# A command that lies in the place of ours: what it says is what the script /lie makes of the true account, /account.
step "a node whose command lies"
command=$(on bl sh -c 'ls -d /opt/jpsbackup-node/*/bin/jpsbackup')
on bl bash -s -- "$command" <<'E'
set -eu
mv "$1" "$1.kept"
printf '%s\n' '#!/bin/bash' '"$0.kept" "$@" > /account' '. /lie' > "$1"
chmod 755 "$1"
E
lies() { # WHAT SCRIPT TEXT
    printf '%s\n' "$2" | on bl tee /lie > /dev/null
    must_fail "$3" backup.yml "${to[@]}" --set backup_name=lied
    grep -qF "nothing of this backup remains" "$runlog" || failed "$1: the claim stays"
    nothing_new "$1"
}
about="its account is about another object"
changed='import json; a = json.load(open("/account")); s = a["segments"][0]'
lies "garbage" 'head -c 3000 /dev/urandom' "without an account"
lies "a list" 'echo "[0]"' "without an account"
lies "a success without an object" 'echo "{\"result\":0}"' "$about"
lies "too much" 'yes "{" | head -c 20000000' "MiB of output"
lies "another object" "sed 's/haproxy-00-global.cfg.gz/database.xbstream.zst/g' /account" "$about"
lies "a path" "sed 's#haproxy-00-global.cfg.gz#../haproxy-00-global.cfg.gz#g' /account" "$about"
lies "a segment elsewhere" "python3 -c '$changed; s[\"name\"] = \"jahia-env-vars.gz\"; print(json.dumps(a))'" "$about"
lies "a size" "python3 -c '$changed; s[\"size\"] += 1; a[\"size\"] += 1; s[\"parts\"][0][\"size\"] += 1; print(json.dumps(a))'" \
    "completing the backup"
lies "a failure that is a placeholder" 'echo "{\"result\":1,\"error\":\"\${settings.store}\"}"' '$ {settings.store}'
on bl mv "$command.kept" "$command"
on bl rm /lie /account
echo "passed"
