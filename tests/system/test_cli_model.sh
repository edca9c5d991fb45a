#!/bin/bash
# The random sequences of tests/native/test_model.c on object storage of two kinds.
. "$(dirname "$0")/test_cli_lib.sh"
servers=$tests/../../scripts/servers
unset JPSBACKUP_STORE AWS_CA_BUNDLE
# Its rivals are forked from a process that has threads; they touch nothing of it, but the thread sanitizer cannot know.
export TSAN_OPTIONS=die_after_fork=0

for name in minio seaweedfs; do
    mapfile -t server < <("$servers/$name.sh" start "$work/$name" 127.0.0.1)
    [ ${#server[@]} = 2 ] || failed "$name does not start"
    trap 'status=$?; "$servers/$name.sh" stop "$work/$name" || :; (exit $status) || clean_up; clean_up' EXIT
    status=0
    (
        set -a
        . "${server[1]}"
        AWS_ENDPOINT_URL=${server[0]} JPSBACKUP_TEST_URL=s3:// "$BUILD/tests/native/test_model" >out 2>err
    ) || status=$?
    [ $status = 0 ] || failed "on $name: status $status"
    grep -E 'SEED|steps' out err
    "$servers/$name.sh" stop "$work/$name"
    trap clean_up EXIT
done
