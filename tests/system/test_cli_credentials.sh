#!/bin/bash
# The rules for files with credentials, and that no secret is seen anywhere.
. "$(dirname "$0")/test_cli_lib.sh"
serve() { # MODE
    rm -f port
    python3 "$tests/refusing_server.py" "$@" &
    wait_until test -e port
    endpoint=http://127.0.0.1:$(cat port)
}
no_secret() { if grep -qF -- "$secret" "$@"; then failed "the secret stands in $*"; fi; }

secret='Sec/ret+Key0123456789='
keys() { (umask 077 && printf 'AWS_ACCESS_KEY_ID=AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY=%s\n' "$secret" >keys); }
serve refuse
s3=(--store s3:// --endpoint "$endpoint" --tries 1)

keys
expect 6 ls bucket "${s3[@]}" --credentials keys
[ -e keys ] || failed "--credentials removed the file"
says requests "AKIDEXAMPLE"
no_secret out err requests
expect 6 ls bucket "${s3[@]}" --credentials-once keys --json
[ ! -e keys ] || failed "--credentials-once left the file"
json out 'last["exit"] == 6 and last["code"] == "access"'
no_secret out err requests
AWS_ACCESS_KEY_ID=FROMENVIRONMENT AWS_SECRET_ACCESS_KEY=$secret expect 6 ls bucket "${s3[@]}"
says requests FROMENVIRONMENT
no_secret out err requests
expect 6 ls bucket "${s3[@]}"
says err "AWS_ACCESS_KEY_ID"

# refused before any request
: >requests
refused() { # TEXT
    expect 2 ls bucket "${s3[@]}" --credentials keys
    says err "$1"
    no_secret err
    [ ! -s requests ] || failed "a request was made"
}
for mode in 604 640 660 611; do
    keys
    chmod $mode keys
    refused "is open to other users (mode 0$mode)"
done
expect 2 ls bucket "${s3[@]}" --credentials-once keys
[ -e keys ] || failed "a file that was never read was removed"
printf '%s\n' "$secret" >keys && chmod 600 keys
refused "line 1 of the credentials file 'keys' is not a setting that is known here"
printf 'AWS_ACCESS_KEY_ID=a\nPATH=%s\n' "$secret" >keys
refused "line 2 of the credentials file 'keys'"
printf 'AWS_ACCESS_KEY_ID=a\n' >keys
refused "lacks AWS_SECRET_ACCESS_KEY"
printf 'AWS_SECRET_ACCESS_KEY=%s\n' "$secret" >keys
refused "lacks AWS_ACCESS_KEY_ID"
printf 'AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=%s x\n' "$secret" >keys
refused "holds blanks or control characters"
printf 'AWS_ACCESS_KEY_ID=a\nAWS_ACCESS_KEY_ID=b\nAWS_SECRET_ACCESS_KEY=%s\n' "$secret" >keys
refused "gives AWS_ACCESS_KEY_ID again"
printf 'JPSBACKUP_GRANTS={"version":1}\nAWS_ACCESS_KEY_ID=%s\n' "$secret" >keys
refused "gives keys beside grants"
printf 'AWS_ACCESS_KEY_ID=a\0b\n' >keys
refused "holds a NUL byte"
head -c 2100000 /dev/zero | tr '\0' x >keys
refused "is longer than 2097152 bytes"
: >keys
refused "lacks AWS_ACCESS_KEY_ID"
rm keys && mkfifo -m 600 keys
refused "is not a regular file"
rm keys && mkdir keys
refused "is not a regular file"
rmdir keys
expect 4 ls bucket "${s3[@]}" --credentials keys
keys
mv keys real && ln -s real keys
expect 1 ls bucket "${s3[@]}" --credentials keys
rm keys && mv real keys
if [ "$(id -u)" = 0 ]; then
    chown 12345 keys
    refused "belongs to another user (uid 12345)"
    chown 0 keys
fi
expect 2 ls bucket "${s3[@]}" --credentials keys --credentials-once keys
says err "exclude one another"
# An unreadable content is removed all the same: it may hold a secret.
printf 'AWS_SECRET_ACCESS_KEY=%s\n' "$secret" >keys
expect 2 ls bucket "${s3[@]}" --credentials-once keys
[ ! -e keys ] || failed "--credentials-once left a file that it had read"

# While the command runs, the secret stands neither on its command line nor in its environment.
serve stall
: >requests
keys
"$JPSBACKUP" ls bucket --store s3:// --endpoint "$endpoint" --credentials-once keys >out 2>err &
pid=$!
wait_until test -s requests
[ ! -e keys ] || failed "the file is still there during the request"
tr '\0' '\n' <"/proc/$pid/cmdline" >seen
tr '\0' '\n' <"/proc/$pid/environ" >>seen
no_secret seen
kill -INT $pid
status=0
wait $pid || status=$?
[ $status = 130 ] || failed "cancelled with status $status"
no_secret out err
