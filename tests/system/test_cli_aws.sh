#!/bin/bash
# The account's services through the command, on moto, with boto3 as the judge; and roles out of profiles.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
mapfile -t server < <("$servers/moto.sh" start "$work/moto" 127.0.0.1)
[ ${#server[@]} = 2 ] || failed "moto does not start"
trap 'status=$?; "$servers/moto.sh" stop "$work/moto" || :; (exit $status) || clean_up; clean_up' EXIT
endpoint=${server[0]}
unset JPSBACKUP_STORE
aws=(--endpoint "$endpoint" --region eu-west-1 --credentials "${server[1]}")
python=$(ls -d "${JPSBACKUP_CACHE:-$tests/../../.cache}"/moto-*/bin/python3 | tail -n 1)

# judge EXPRESSION: holds for boto3's clients sts, iam and secrets
judge() {
    AWS_ACCESS_KEY_ID=judge AWS_SECRET_ACCESS_KEY=judge "$python" - "$endpoint" "$1" <<'E' || failed "boto3: not so: $1"
import json, sys
import boto3
sts, iam, secrets = (boto3.client(name, endpoint_url=sys.argv[1], region_name='eu-west-1')
                     for name in ('sts', 'iam', 'secretsmanager'))
def missing(call, **arguments):
    try:
        call(**arguments)
    except Exception as error:
        return type(error).__name__ in ('NoSuchEntityException', 'ResourceNotFoundException')
    return False
sys.exit(0 if eval(sys.argv[2]) else 1)
E
}
mode_of() { stat -c %a "$1"; }

# Who asks.
expect 0 aws identity "${aws[@]}" --json
json out 'last["result"]["account"] == "123456789012" and last["result"]["arn"].startswith("arn:aws:")'
expect 0 aws identity "${aws[@]}"
says out 'account: 123456789012'
store=(--store s3:// --endpoint "$endpoint" --region eu-west-1 --credentials "${server[1]}")
AWS_ENDPOINT_URL_STS=$endpoint expect 0 doctor "${store[@]}"
says out 'ok         identity              arn:aws:'
expect 0 doctor "${store[@]}"
! grep -q identity out || failed "a store that is not AWS was asked for an identity"

# A secret's life. Its text stands in the file alone.
printf '{"value": "{\\"clientId\\": \\"ü %%41&=\\"}"}' > secret
expect 0 aws secret-create paas/azure secret "${aws[@]}" --json
json out 'set(last["result"]) == {"name", "arn", "version"}'
grep -q clientId out err && failed "the account holds the secret"
judge "secrets.get_secret_value(SecretId='paas/azure')['SecretString'] == open('secret').read()"
expect 5 aws secret-create paas/azure - "${aws[@]}" < secret
grep -q clientId out err && failed "the error holds the secret"
expect 0 aws secret-get paas/azure copy "${aws[@]}" --json
cmp secret copy || failed "another secret came back"
[ "$(mode_of copy)" = 600 ] || failed "the secret's file is open to others"
grep -q clientId out err && failed "the account holds the secret"
expect 5 aws secret-get paas/azure copy "${aws[@]}"
expect 0 aws secret-get paas/azure - "${aws[@]}"
cmp secret out || failed "standard output holds something else than the secret"
expect 0 aws secret-exists paas/azure "${aws[@]}" --json
json out 'last["result"] == {"exists": True}'
judge "secrets.create_secret(Name='bytes', SecretBinary=b'x')"
expect 1 aws secret-get bytes x "${aws[@]}"
says err "it holds bytes, not a text"
[ ! -e x ] || failed "a file was made of no secret"
expect 0 aws secret-delete paas/azure "${aws[@]}"
expect 4 aws secret-exists paas/azure "${aws[@]}" --json
json out 'last["account"] == {"exists": False}'
judge "secrets.restore_secret(SecretId='paas/azure')"
expect 0 aws secret-delete paas/azure --at-once "${aws[@]}"
judge "missing(secrets.describe_secret, SecretId='paas/azure')"
expect 4 aws secret-get paas/azure x "${aws[@]}"
expect 4 aws secret-exists paas/azure "${aws[@]}"

# A user with keys and a policy.
expect 4 aws user-exists backup "${aws[@]}"
expect 0 aws user-create backup "${aws[@]}" --json
json out 'last["result"]["arn"].endswith(":user/backup") and last["result"]["user_id"]'
judge "iam.get_user(UserName='backup')['User']['UserName'] == 'backup'"
expect 5 aws user-create backup "${aws[@]}"
expect 0 aws user-exists backup "${aws[@]}"
expect 0 aws key-create backup keys "${aws[@]}" --json
[ "$(mode_of keys)" = 600 ] || failed "the keys' file is open to others"
key=$(sed -n 's/^AWS_ACCESS_KEY_ID=//p' keys) secret=$(sed -n 's/^AWS_SECRET_ACCESS_KEY=//p' keys)
[ ${#secret} -ge 20 ] || failed "there is no secret key"
grep -qF "$secret" out err && failed "the account holds the secret key"
json out "last['result'] == {'user': 'backup', 'access_key': '$key'}"
judge "[k['AccessKeyId'] for k in iam.list_access_keys(UserName='backup')['AccessKeyMetadata']] == ['$key']"
expect 0 aws identity --endpoint "$endpoint" --credentials keys --json
json out 'last["result"]["arn"].endswith(":user/backup")'
expect 0 aws key-exists backup "$key" "${aws[@]}"
expect 4 aws key-exists backup AKIAOTHER "${aws[@]}"
echo '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}' > policy
expect 4 aws policy-exists backup s3 "${aws[@]}"
expect 0 aws policy-put backup s3 policy "${aws[@]}"
expect 0 aws policy-exists backup s3 "${aws[@]}"
judge "iam.get_user_policy(UserName='backup', PolicyName='s3')['PolicyDocument'] == json.load(open('policy'))"
echo '{"Version": ' > broken
expect 2 aws policy-put backup s3 broken "${aws[@]}"
says err MalformedPolicyDocument
expect 5 aws user-delete backup "${aws[@]}"
says err "delete its keys and policies first"
expect 0 aws policy-delete backup s3 "${aws[@]}"
expect 4 aws policy-delete backup s3 "${aws[@]}"
expect 0 aws key-delete backup "$key" "${aws[@]}"
judge "iam.list_access_keys(UserName='backup')['AccessKeyMetadata'] == []"
expect 0 aws policy-put backup s3 - "${aws[@]}" < policy
rm keys
expect 0 aws key-create backup keys "${aws[@]}"
expect 0 aws user-delete backup --with-own "${aws[@]}"
judge "missing(iam.get_user, UserName='backup')"
expect 4 aws user-delete backup "${aws[@]}"

# Keys that cannot be kept are not made, or taken back.
expect 0 aws user-create lost "${aws[@]}"
expect 4 aws key-create lost nowhere/keys "${aws[@]}"
"$JPSBACKUP" aws key-create lost - "${aws[@]}" > /dev/full 2> err && failed "keys were lost without a word"
judge "iam.list_access_keys(UserName='lost')['AccessKeyMetadata'] == []"

# Sessions, and roles out of profiles, one taken on by another.
role=arn:aws:iam::123456789012:role
expect 0 aws assume-role $role/first session "${aws[@]}" --seconds 900 --json
json out 'last["result"]["role"].endswith("role/first") and last["result"]["expires"].endswith("Z")'
grep -q '^AWS_SESSION_TOKEN=' session || failed "the session has no token"
expect 0 aws identity --endpoint "$endpoint" --credentials-once session --json
json out 'last["result"]["arn"].endswith("assumed-role/first/jpsbackup")'
[ ! -e session ] || failed "the session's file is still there"
expect 0 aws federation-token node token "${aws[@]}" --policy policy --json
[ "$(mode_of token)" = 600 ] || failed "the token's file is open to others"
cat > config <<E
[default]
region = eu-west-1
[profile outer]
# takes on a role by another one
role_arn = $role/outer
source_profile = inner ; which is one too
role_session_name = the-outer
[profile inner]
role_arn = $role/inner
source_profile = base
s3 =
  max_concurrent_requests = 20
[profile from-environment]
role_arn = $role/environment
credential_source = Environment
[profile a]
role_arn = $role/a
source_profile = b
[profile b]
role_arn = $role/b
source_profile = a
[profile program]
credential_process = /bin/false
E
printf '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = hush-hush\n' > credentials
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/credentials AWS_ENDPOINT_URL=$endpoint
expect 0 aws identity --profile outer --json
json out 'last["result"]["arn"].endswith("assumed-role/outer/the-outer")'
AWS_PROFILE=inner expect 0 aws identity --json
json out 'last["result"]["arn"].endswith("assumed-role/inner/jpsbackup")'
AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=hush-hush expect 0 aws identity --profile from-environment --json
json out 'last["result"]["arn"].endswith("assumed-role/environment/jpsbackup")'
printf 'a.web.token' > web-token
AWS_ROLE_ARN=$role/web AWS_WEB_IDENTITY_TOKEN_FILE=$work/web-token expect 0 aws identity --json
json out 'last["result"]["arn"].endswith("assumed-role/web/jpsbackup")'
expect 2 aws identity --profile a
says err "refer to one another in a loop"
expect 2 aws identity --profile nobody
says err "there is no profile 'nobody'"
expect 1 aws identity --profile program
says err "credential_process"
expect 6 aws identity
says err "there are no credentials"
