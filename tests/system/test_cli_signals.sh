#!/bin/bash
# A signal cancels what runs: exit status 130, and nothing half done stays.
. "$(dirname "$0")/test_cli_lib.sh"
mkdir store/b
left() { find store -type f ! -path '*/.*'; find . -maxdepth 1 -name '.*jpsbackup*'; }

# run_and_signal SIGNAL READY arguments...: starts the command, waits for READY (a command), signals it, and takes its status
run_and_signal() {
    local signal=$1 ready=$2
    shift 2
    "$JPSBACKUP" "$@" <&0 >out 2>err &
    local pid=$!
    wait_until $ready
    kill -"$signal" $pid
    status=0
    wait $pid || status=$?
}

producer_runs() { [ -s producer.pid ]; }
for signal in INT TERM HUP; do
    rm -f producer.pid
    run_and_signal $signal producer_runs put --command b/endless -- sh -c 'echo $$ >producer.pid; exec cat /dev/zero'
    [ $status = 130 ] || failed "SIG$signal: status $status"
    says err "cancelled"
    [ -z "$(left)" ] || failed "SIG$signal left $(left)"
    wait_until eval '! kill -0 "$(cat producer.pid)" 2>/dev/null'
done

# A producer that says nothing, and an input that nobody writes to.
rm -f producer.pid
run_and_signal INT producer_runs put --command b/silent --outcome -- sh -c 'echo $$ >producer.pid; exec sleep 1000'
[ $status = 0 ] || failed "--outcome: status $status"
json out 'len(lines) == 1 and last["result"] == 130 and last["code"] == "cancelled"'
mkfifo input
sleep 1000 >input &
# Its signal handlers stand once SIGINT (2) is among the caught signals of the command itself: the shell that is to become
# it catches that one too, until it lets the command take its place.
catches() { [ /proc/$!/exe -ef "$JPSBACKUP" ] && (($((16#$(sed -n 's/^SigCgt:\t//p' /proc/$!/status))) & 2)); }
run_and_signal INT catches put - b/input <input
[ $status = 130 ] || failed "standard input: status $status"
[ -z "$(left)" ] || failed "standard input left $(left)"

# A backup gives its name up, a restore leaves its target as it was.
mkdir tree target
# Room that was given and never written is read as zeros, and is no hole.
fallocate -l 3G tree/zeros
echo kept >target/kept
claimed() { [ -n "$(find store/b -name backup.json)" ]; }
run_and_signal TERM claimed backup --bucket b --name n tree
[ $status = 130 ] || failed "backup: status $status"
[ -z "$(left)" ] || failed "a cancelled backup left $(left)"
fallocate -l 1G tree/less
rm tree/zeros
"$JPSBACKUP" backup --quiet --bucket b --name n tree
staged() { [ -n "$(find . -maxdepth 1 -name '.?*')" ]; }
run_and_signal INT staged restore --bucket b --name n --into target
[ $status = 130 ] || failed "restore: status $status"
[ "$(ls -A target)" = kept ] || failed "a cancelled restore changed its target"
[ -z "$(find . -maxdepth 1 -name '.?*')" ] || failed "a cancelled restore left $(find . -maxdepth 1 -name '.?*')"
rm -r store/b/n_*

# A get to a reader that takes little at a time.
head -c 50000000 /dev/zero >store/b/large
mkfifo slow
cat >reader.py <<'E'
import sys, time
with open(sys.argv[1], 'rb', buffering=0) as pipe:
    while True:
        if not pipe.read(4096): break
        open('reading', 'w').close()
        time.sleep(0.1)
E
python3 reader.py slow &
"$JPSBACKUP" get b/large - >slow 2>err &
pid=$!
wait_until test -e reading
kill -INT $pid
sleep 0.5
kill -INT $pid 2>/dev/null || true
status=0
wait $pid || status=$?
[ $status = 130 ] || failed "get to a slow reader: status $status"
