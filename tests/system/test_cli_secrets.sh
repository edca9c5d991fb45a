#!/bin/bash
# No secret is seen: not in messages, accounts or events, not in what lies in the store, not on any command line, and not in
# the environment of the programs that the command starts; whether all goes well or not.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
trap 'status=$?; "$servers/versitygw.sh" stop "$work/s3" || :; (exit $status) || clean_up; clean_up' EXIT
mapfile -t server < <("$servers/versitygw.sh" start "$work/s3")
[ ${#server[@]} = 2 ] || failed "the S3 server does not start"
unset JPSBACKUP_STORE
credentials=${server[1]}
secret=$(sed -n 's/^AWS_SECRET_ACCESS_KEY=//p' "$credentials")
[ ${#secret} -ge 40 ] || failed "the server's secret is too short to look for"
wrong=WrongSecretThatNobodyMaySee0123456789ABCD
token=TokenThatNobodyMaySee0123456789ABCDEFGHIJ
(umask 077 && printf 'AWS_ACCESS_KEY_ID=AKWRONG\nAWS_SECRET_ACCESS_KEY=%s\nAWS_SESSION_TOKEN=%s\n' $wrong $token > wrong)
s3=(--store s3:// --endpoint "${server[0]}" --credentials "$credentials")

# Command lines are looked at all the while. grep gets what to look for by a file, else it would find itself.
printf '%s\n' "$secret" $wrong $token > needles
while sleep 0.02; do grep -alFf needles /proc/[0-9]*/cmdline 2> /dev/null >> seen || :; done &
watcher=$!

# run STATUS ARGUMENTS...: once for people and once for programs, keeping all that is said
said=0
run() {
    local wanted=$1 form status
    shift
    for form in "" --json; do
        said=$((said + 1)) status=0
        rm -f copy
        "$JPSBACKUP" "$@" $form > "said.$said.out" 2> "said.$said.err" < /dev/null || status=$?
        cp "said.$said.out" out && cp "said.$said.err" err
        [ $status = "$wanted" ] || failed "'jpsbackup $* $form' should have ended with $wanted, not $status"
    done
}
make_tree data
run 0 bucket make bkt "${s3[@]}"
run 0 put data/sub/random bkt/random --replace "${s3[@]}"
head -c 20000000 /dev/zero > large
run 0 put large bkt/large --replace "${s3[@]}"
# What a program sees that the command starts.
run 0 put --command bkt/seen --replace "${s3[@]}" -- sh -c 'cat /proc/self/environ /proc/$PPID/environ /proc/*/cmdline; ls -l /proc/self/fd'
run 0 get bkt/seen copy "${s3[@]}"
run 0 ls bkt "${s3[@]}"
"$JPSBACKUP" backup --bucket bkt --name one --catalog meta/1_backup_metadata.json "${s3[@]}" --json data > said.backup.out 2> said.backup.err ||
    failed "the backup ended with $?"
run 0 list --bucket bkt "${s3[@]}"
run 0 verify --bucket bkt --name one --full "${s3[@]}"
run 0 restore --bucket bkt --name one --into data "${s3[@]}"
run 0 catalog list --catalog meta/1_backup_metadata.json "${s3[@]}"
run 0 gc bkt "${s3[@]}"
run 0 link bkt/random "${s3[@]}"

# What fails.
run 4 get bkt/nothing copy "${s3[@]}"
run 4 ls nobucket "${s3[@]}"
run 5 put large bkt/large "${s3[@]}"
run 1 put --command bkt/dead "${s3[@]}" -- sh -c 'head -c 9000000 /dev/zero; exit 1'
refused=(--store s3:// --endpoint "${server[0]}" --credentials wrong)
run 6 ls bkt "${refused[@]}"
run 6 put large bkt/refused "${refused[@]}"
run 6 get bkt/random copy "${refused[@]}"
run 7 put large bkt/x --store s3:// --endpoint http://127.0.0.1:1 --credentials wrong --tries 2
run 7 ls bkt --store s3:// --endpoint "https://${server[0]#http://}" --credentials "$credentials" --tries 2
run 2 ls bkt --store s3:// --endpoint "http://user:PasswordInAnAddress@127.0.0.1/" --credentials wrong
AWS_ACCESS_KEY_ID=AKWRONG AWS_SECRET_ACCESS_KEY=$wrong AWS_SESSION_TOKEN=$token run 6 ls bkt --store s3:// --endpoint "${server[0]}"

kill $watcher
wait $watcher 2> /dev/null || :
echo PasswordInAnAddress >> needles
! grep -lFf needles said.* || failed "a secret was told (see the file's name above)"
[ ! -s seen ] || failed "a secret stood on a command line: $(sort -u seen)"
! grep -rlFf needles "$work/s3/data" || failed "a secret lies in the store (see the file's name above)"
