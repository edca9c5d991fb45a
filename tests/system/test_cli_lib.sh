# What the tests of the command share; sourced. From the caller's environment: JPSBACKUP, the command. Each test works in a
# folder of its own, with a store of its own, and leaves nothing behind.
set -euo pipefail
export LC_ALL=C
umask 022
unset "${!AWS_@}" 2>/dev/null || true
# Keys come from where a test says, not from whoever runs it.
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/nonexistent AWS_SHARED_CREDENTIALS_FILE=/nonexistent

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/jpsbackup-test.XXXXXX")
clean_up() {
    local status=$? pid
    # A child that a signal meets before it has become its command would run this too, and remove what the test stands on.
    [ "$BASHPID" = $$ ] || exit $status
    for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
cd "$work"
mkdir store
touch out err
export JPSBACKUP_STORE=file://$work/store

failed() { echo "FAILED: $*" >&2; sed 's/^/    stdout: /' out >&2; sed 's/^/    stderr: /' err >&2; exit 1; }

# expect STATUS arguments...: runs the command with its output in the files out and err
expect() {
    local wanted=$1 status=0
    shift
    "$JPSBACKUP" "$@" >out 2>err || status=$?
    [ $status = "$wanted" ] || failed "'jpsbackup $*' should have ended with $wanted, not $status"
}

# says FILE TEXT
says() { grep -qF -- "$2" "$1" || failed "$1 should say: $2"; }
silent() { [ ! -s "$1" ] || failed "$1 should be empty"; }

# json FILE EXPRESSION: every line of FILE parses; EXPRESSION holds for `last`, the last one, and `lines`
json() {
    python3 - "$1" "$2" <<'E' || failed "not so in $1: $2"
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
last = lines[-1]
sys.exit(0 if eval(sys.argv[2]) else 1)
E
}

# wait_until COMMAND...: at most 20 s
wait_until() {
    local tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 400 ] || failed "waited in vain for: $*"
        sleep 0.05
    done
}

# A tree with what trees hold.
make_tree() {
    mkdir -p "$1/sub/empty" "$1/cache"
    printf 'hello\n' >"$1/file"
    head -c 300000 /dev/urandom >"$1/sub/random"
    printf 'x' >"$1/sub/übér name"
    printf 'skip' >"$1/cache/skipped"
    printf 'skip' >"$1/sub/a.tmp"
    ln -s ../file "$1/sub/link"
    ln "$1/file" "$1/sub/hard"
    chmod 640 "$1/file"
    touch -d '2020-02-03 04:05:06.789' "$1/sub/random"
}

same_tree() { diff -r --no-dereference "$1" "$2" || failed "'$1' and '$2' are not the same"; }
