#!/bin/bash
# A storage account's whole life by the command: tokens from a real OAuth server, and a strict stand-in for Azure Resource
# Manager, for which there is no server to be had.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
unset JPSBACKUP_STORE http_proxy "${!AZURE_@}" "${!IDENTITY_@}" 2>/dev/null || true
mapfile -t server < <("$servers/oauth.sh" start "$work/oauth")
[ ${#server[@]} = 2 ] || failed "the login service does not start"
stop_servers() { for server in oauth moto; do "$servers/$server.sh" stop "$work/$server" || :; done; }
trap 'status=$?; stop_servers; (exit $status) || clean_up; clean_up' EXIT
mapfile -t moto < <("$servers/moto.sh" start "$work/moto")
[ ${#moto[@]} = 2 ] || failed "moto does not start"
login=${server[0]}
tenant=11111111-2222-3333-4444-555555555555
client=66666666-7777-8888-9999-000000000000
subscription=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
secret=hush~hush.8Q
python3 "$tests/azure_manager.py" "$login" $tenant $client $subscription &
wait_until test -f manager
manager=$(cat manager)
cat > principal <<J
{"clientId": "$client", "clientSecret": "$secret", "subscriptionId": "$subscription", "tenantId": "$tenant",
 "activeDirectoryEndpointUrl": "$login", "resourceManagerEndpointUrl": "$manager/",
 "activeDirectoryGraphResourceId": "https://graph.windows.net/"}
J
chmod 600 principal
azure=(--principal principal --json)

# Made: throttled once, followed to its end, ready when the command ends.
expect 0 azure account-name-check jcprod1westeurope "${azure[@]}"
json out 'last["result"]["available"] is True'
[ "$(grep -c checkNameAvailability manager.log)" = 2 ] || failed "a throttled request was not repeated once"
expect 4 azure account-exists jcprod1westeurope "${azure[@]}"
expect 0 azure account-create jcprod1westeurope --location westeurope "${azure[@]}"
json out 'last["result"] == {"name": "jcprod1westeurope", "resource_group": "paas_backup", "location": "westeurope",
    "sku": "Standard_RAGRS", "kind": "StorageV2", "state": "Succeeded", "created": True,
    "endpoint": "https://jcprod1westeurope.blob.core.windows.net/"}'
[ "$(grep -c ^PUT manager.log)" = 1 ] && [ "$(grep -c asyncoperations manager.log)" = 2 ] ||
    failed "the operation was not followed to its end"

# There: it is found, stays as it is, and its name is taken.
expect 0 azure account-exists jcprod1westeurope "${azure[@]}"
json out 'last["result"]["exists"] is True'
expect 0 azure account-create jcprod1westeurope --location northeurope "${azure[@]}"
json out 'last["result"]["created"] is False and last["result"]["location"] == "westeurope"'
[ "$(grep -c ^PUT manager.log)" = 1 ] || failed "an account that exists was changed"
expect 5 azure account-name-check jcprod1westeurope "${azure[@]}"

# Its key goes into a file that nobody else can read, and nowhere else.
(umask 000 && expect 0 azure account-key jcprod1westeurope key "${azure[@]}")
[ "$(stat -c %a key)" = 600 ] || failed "the file with the key is open to others"
[ "$(cat key)" = "AZURE_STORAGE_KEY=$(sed -n 1p keys)" ] || failed "the key is another one"
json out 'last["result"]["keys"] == ["key1", "key2"]'
! grep -qF "$(sed -n 1p keys)" out err || failed "the key was printed"
expect 5 azure account-key jcprod1westeurope key "${azure[@]}"
expect 0 azure account-key jcprod1westeurope key2 --key-name key2 --principal principal
says out "keys: key1, key2"
[ "$(cat key2)" = "AZURE_STORAGE_KEY=$(sed -n 2p keys)" ] || failed "the second key is another one"
expect 4 azure account-key jcprod1westeurope key3 --key-name key3 "${azure[@]}"
[ ! -e key3 ] || failed "a file without a key was left"

# The principal by the environment, and inside of the secret's JSON.
(
    export AZURE_TENANT_ID=$tenant AZURE_CLIENT_ID=$client AZURE_CLIENT_SECRET=$secret AZURE_AUTHORITY_HOST=$login
    expect 0 azure account-exists jcprod1westeurope --subscription $subscription --manager "$manager"
    says out "exists: yes"
)
python3 -c 'import json; print(json.dumps({"value": open("principal").read()}))' > wrapped
chmod 600 wrapped
expect 0 azure account-exists jcprod1westeurope --principal wrapped
(
    export AWS_ENDPOINT_URL=${moto[0]}
    aws=(--region eu-west-1 --credentials "${moto[1]}")
    expect 0 aws secret-create paas_azure_auth_file wrapped "${aws[@]}"
    expect 0 azure account-exists jcprod1westeurope --principal-secret paas_azure_auth_file "${aws[@]}"
    says out "exists: yes"
    expect 4 azure account-exists jcprod1westeurope --principal-secret another "${aws[@]}"
    expect 2 azure account-exists jcprod1westeurope --principal-secret paas_azure_auth_file --principal principal
)
expect 2 azure account-exists jcprod1westeurope --principal principal --region eu-west-1

# Refused, with what to do.
expect 4 azure account-create jcprod2 --location westeurope --resource-group other "${azure[@]}"
says out "az group create"
expect 5 azure account-create takenbyothers --location westeurope "${azure[@]}"
says out StorageAccountAlreadyTaken
expect 2 azure account-create jcprod2 --location atlantis --principal principal
says err "not available for resource type"
expect 2 azure account-create jcprod2 --principal principal
says err "'--location' is missing"
expect 2 azure account-create Not-A-Name --location westeurope --principal principal
sed "s/$client/99999999-7777-8888-9999-000000000000/" principal > stranger
chmod 600 stranger
expect 6 azure account-exists jcprod1westeurope --principal stranger
says err InvalidAuthenticationToken
expect 4 azure account-exists jcprod1westeurope --principal missing
chmod 644 principal
expect 2 azure account-exists jcprod1westeurope --principal principal
says err "open to other users"
chmod 600 principal
expect 2 azure account-exists jcprod1westeurope --principal principal --login http://192.0.2.1
says err "not encrypted"
sed 's/"tenantId"/"tenant"/' principal > broken
chmod 600 broken
expect 1 azure account-exists jcprod1westeurope --principal broken
! grep -qF "$secret" out err || failed "the secret was printed"

# Deleted, and free again.
expect 0 azure account-delete jcprod1westeurope "${azure[@]}"
expect 4 azure account-exists jcprod1westeurope "${azure[@]}"
expect 4 azure account-delete jcprod1westeurope "${azure[@]}"
expect 0 azure account-name-check jcprod1westeurope "${azure[@]}"
