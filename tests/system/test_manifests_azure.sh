#!/bin/bash
# The whole cycle of an environment on Azure: the storage account is made with the service principal out of AWS Secrets Manager,
# objects lie in Azurite, the catalog in S3; nodes are given signatures for single blobs and nothing else.
. "$(dirname "$0")/test_manifests_lib.sh"
azure=$TEST_WORK/azure
account=jcprod21135westeurope
tenant=11111111-2222-3333-4444-555555555555
client=66666666-7777-8888-9999-000000000000
subscription=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
manager=
watcher=
keeper=
metadata() { # PROVIDER REGION
    on proc sed -i "s/^JEL_CLOUDPROVIDER=.*/JEL_CLOUDPROVIDER=$1/; s/^JEL_REGION=.*/JEL_REGION=$2/" /metadata_from_HOST
}
stop_all() {
    touch "$azure/secrets.stop" "$azure/keep.stop"
    for pid in $watcher $keeper; do wait "$pid" || :; done
    [ -z "$manager" ] || kill "$manager"
    for server in seaweedfs azurite moto oauth; do "$servers/$server.sh" stop "$azure/$server" || :; done
    metadata aws eu-west-1
}
rm -rf "$azure"
mkdir -p "$azure/azurite/data"
trap stop_all EXIT
unset http_proxy AWS_CA_BUNDLE "${!AZURE_@}"

# The account that the manifests will have made gets the key that the stand-in for Resource Manager will tell.
key=$(printf '%s 1' $account | openssl dgst -sha512 -binary | base64 -w 0)
(umask 077 && printf 'AZURE_STORAGE_ACCOUNT=%s\nAZURE_STORAGE_KEY=%s\n' $account "$key" > "$azure/azurite/credentials")
mapfile -t blobs < <("$servers/azurite.sh" start "$azure/azurite" $gateway)
mapfile -t s3 < <("$servers/seaweedfs.sh" start "$azure/seaweedfs")
mapfile -t aws < <("$servers/moto.sh" start "$azure/moto")
mapfile -t login < <("$servers/oauth.sh" start "$azure/oauth")
[ ${#blobs[@]}${#s3[@]}${#aws[@]}${#login[@]} = 2222 ] || failed "a server does not run"
(cd "$azure" && exec python3 "$demo/../system/azure_manager.py" "${login[0]}" $tenant $client $subscription) &
manager=$!
for ((i = 0; i < 100; i++)); do [ ! -f "$azure/manager" ] || break; sleep 0.1; done
export AWS_ENDPOINT_URL_S3=${s3[0]} AWS_ENDPOINT_URL_SECRETS_MANAGER=${aws[0]}

hush=hush~hush.8Q
(umask 077
python3 - > "$azure/principal" <<P
import json
print(json.dumps({'value': json.dumps({'clientId': '$client', 'clientSecret': '$hush', 'subscriptionId': '$subscription',
    'tenantId': '$tenant', 'activeDirectoryEndpointUrl': '${login[0]}', 'resourceManagerEndpointUrl': '$(cat "$azure/manager")/'})}))
P
. "${s3[1]}"
printf %s "$AWS_ACCESS_KEY_ID" > "$azure/access"
printf %s "$AWS_SECRET_ACCESS_KEY" > "$azure/secret"
printf '%s\n' "$key" "$hush" "$AWS_SECRET_ACCESS_KEY" "$(printf %s "$AWS_SECRET_ACCESS_KEY" | base64 -w 0)" > "$azure/secrets"
)
to=(--set endpoint="${blobs[0]}" --set-file aws_access_key="$azure/access" --set-file aws_secret_key="$azure/secret")
store_options=(--quiet --store azure://$account --endpoint "${blobs[0]}")
watch_processes "$azure/secrets" &
watcher=$!

# Between these two, what the nodes are given is kept in the folder $1.
keep_grants() {
    rm -f "$azure/keep.stop"
    mkdir -m 700 "$1"
    python3 "$(dirname "$0")/secret_watcher.py" "$JPSRUN_STATE/$environment/nodes" "$1" "$azure/keep.stop" &
    keeper=$!
}
stop_keeping() {
    touch "$azure/keep.stop"
    wait $keeper
    keeper=
}

# narrow FOLDER LEAST RIGHTS SEALS: at least so many were kept; each is one signature a blob with these rights, for one object and what
# goes with it (so many seals too), and Azure's own library reaches nothing else by it
narrow() {
    "$("$servers/azurite.sh" python)" - "${blobs[0]}" "$@" <<'P' || failed "what nodes were given is not narrow"
import json, os, re, sys, urllib.parse
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, ContainerClient
endpoint, folder, least, rights, seals = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])

def refused(call):
    try:
        call()
    except HttpResponseError as e:
        assert e.status_code == 403, e
    else:
        raise AssertionError('it was not refused')

files = os.listdir(folder)
assert len(files) >= least, files
for file in files:
    lines = dict(line.split('=', 1) for line in open(os.path.join(folder, file)).read().splitlines())
    assert set(lines) == {'JPSBACKUP_EXPIRES', 'JPSBACKUP_GRANTS'}, set(lines)
    blobs = json.loads(lines['JPSBACKUP_GRANTS'])['azure']
    objects = {re.sub(r'\.\d{3}$', '', name.rpartition('/')[2]) for name in blobs}
    objects -= {name for name in objects if name.startswith('alive.')}
    # An archive is put with its index, and restored without.
    objects -= {name + '.index.zst' for name in objects if not seals}
    assert len(objects) == 1 + seals and ('backup.json' in objects) == bool(seals), objects
    for name, query in blobs.items():
        assert name.startswith('azure-cycle/Azure-Cycle_'), name
        signed = urllib.parse.parse_qs(query)
        assert signed['sr'] == ['b'] and signed['sp'] == [rights], (name, signed['sr'], signed['sp'])
    # They are all made alike, so one of each file is tried.
    name, query = next(iter(blobs.items()))
    container, _, blob = name.partition('/')
    refused(lambda: list(ContainerClient(endpoint, container, credential=query).list_blobs()))
    for other in ('backup.json', 'database.xbstream.zst', 'jahia-env-vars.gz'):
        if blob.rpartition('/')[2] != other:
            client = BlobClient(endpoint, container, blob.rpartition('/')[0] + '/' + other, credential=query)
            refused(client.get_blob_properties)
            refused(lambda: client.upload_blob(b'x', overwrite=True))
            refused(client.delete_blob)
P
}

step "refused before anything is made"
metadata azure westeurope
must_fail "'backup_name' is 'No_Container'" backup.yml "${to[@]}" --set backup_name=No_Container
must_fail "'node_role' is given" backup.yml "${to[@]}" --set backup_name=x-1 --set node_role=arn:aws:iam::123456789012:role/r
metadata azure germanywestcentral
must_fail "3 to 24 lower-case letters" backup.yml "${to[@]}" --set backup_name=Azure-Cycle
metadata azure westeurope
must_fail "reading the secret 'paas_azure_auth_file'" backup.yml "${to[@]}" --set backup_name=Azure-Cycle
AWS_ENDPOINT_URL=${aws[0]} "$JPSBACKUP" aws secret-create paas_azure_auth_file "$azure/principal" --region eu-west-1 \
    --credentials "${aws[1]}" --quiet
must_fail "'other1' of the parameter 'store' is not" backup.yml "${to[@]}" --set backup_name=Azure-Cycle --set store=azure://other1
must_fail "key of the storage account '$account'" restore.yml "${to[@]}" --set backup_name=Azure-Cycle
[ ! -e "$azure/keys" ] || failed "a refused run made a storage account"

step "backup, into an account that is made for it"
add_traces
proof > "$TEST_WORK/before"
keep_grants "$azure/backup-grants"
must_run backup.yml "${to[@]}" --set backup_name=Azure-Cycle --set backtype=auto --set retention=1
stop_keeping
cp "$runlog" "$azure/backup.log"
[ "$(head -n 1 "$azure/keys")" = "$key" ] || failed "the account was not made"
grep -q "^PUT .*/resourceGroups/paas_backup/providers/Microsoft.Storage/storageAccounts/$account" "$azure/manager.log" ||
    failed "the account was not made in its group"
"$JPSBACKUP" verify --full "${store_options[@]}" --credentials "${blobs[1]}" --bucket azure-cycle --name Azure-Cycle ||
    failed "the backup is not whole"
narrow "$azure/backup-grants" 3 rcwd 0

step "list"
must_run listbackup.yml "${to[@]}"
grep -q 'Azure-Cycle' "$runlog.json" || failed "the backup is not listed"
grep -q westeurope "$runlog.json" || failed "the list does not say where the backup comes from"

step "ruin and restore"
wreck
keep_grants "$azure/restore-grants"
must_run restore.yml "${to[@]}" --set backup_name=Azure-Cycle --set backtype=auto
stop_keeping
narrow "$azure/restore-grants" 6 r 1
same_proof "$TEST_WORK/before" "after the restore"
[ "$(grep -c '^PUT ' "$azure/manager.log")" = 1 ] || failed "the account was made twice"

step "a place that is given"
metadata aws eu-west-1
must_fail "looking for the backup 'azure-other'" restore.yml "${to[@]}" --set backup_name=azure-other --set cloud_source=azure \
    --set region_source=westeurope --set envrole_source=prod --set uid_source=21135
must_fail "looking for the backup 'azure-other'" restore.yml "${to[@]}" --set backup_name=azure-other --set store=azure://$account

step "where secrets show"
touch "$azure/secrets.stop"
wait "$watcher"
watcher=
[ ! -s "$azure/secrets.seen" ] || failed "a secret stood in a process's arguments: $(cut -c 1-80 "$azure/secrets.seen" | head -n 3)"
! grep -aF -f "$azure/secrets" "$azure/backup.log" "$runlog" "$runlog.json" || failed "a secret stands in the runner's log"
! grep -qE 'sig=' "$azure/backup.log" "$runlog" || failed "a signature stands in the runner's log"
! grep -raFl -f "$azure/secrets" "$JPSRUN_STATE"/*/nodes || failed "a key lies in a file on a node"
for node in sqldb proc cp bl; do
    on $node bash -c 'find /run/jpsbackup -type f | grep .' && failed "a private file is left on node $node"
    on $node grep -raF -f /dev/stdin /var/log/jelastic-packages < "$azure/secrets" && failed "a secret stands in a log on node $node"
done
echo "passed"
