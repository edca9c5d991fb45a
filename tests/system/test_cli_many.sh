#!/bin/bash
# Much in little memory: long listings, long streams, and directories put, got and removed file by file.
. "$(dirname "$0")/test_cli_lib.sh"

# serve ARGUMENTS...: a listing server; its endpoint is in $endpoint
serve() {
    "$tests/listing_server.py" "$@" > endpoint &
    wait_until test -s endpoint
    endpoint=$(cat endpoint)
    rm endpoint
    s3=(--store s3:// --endpoint "$endpoint")
}
export AWS_ACCESS_KEY_ID=some AWS_SECRET_ACCESS_KEY=some
unset AWS_CA_BUNDLE http_proxy HTTP_PROXY

# A million keys in 32 MiB, for people and for programs. A sanitizer's own memory tells nothing.
keys=1000000 limit=32768
grep -aq '__[at]san_init' "$JPSBACKUP" && keys=20000 limit=
cat > measured <<'P'
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:], stdout=open("out", "wb"), stderr=open("err", "wb")).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"status {status}, peak {peak} KiB")
sys.exit(status != 0 or (sys.argv[1] != "" and peak > int(sys.argv[1])))
P
serve $keys
for form in --json --quiet; do
    python3 measured "$limit" "$JPSBACKUP" ls bkt/many/ "${s3[@]}" $form || failed "ls $form of $keys keys failed or took too much memory"
    [ "$(grep -c 'object-with-a-name' out)" = $keys ] || failed "ls $form does not list all keys"
    [ "$(grep -o 'object-with-a-name-[0-9]*' out | sort -u | wc -l)" = $keys ] || failed "ls $form lists a key twice"
done

# A long stream keeps to the default budget of 96 MiB, plain and compressed, both ways.
for key in plain packed.zst; do
    head -c 300000000 /dev/urandom | python3 measured "${limit:+98304}" "$JPSBACKUP" put - "long/$key" --make-bucket || failed "a put of $key took too much memory"
    python3 measured "${limit:+98304}" "$JPSBACKUP" get "long/$key" - --decompress || failed "a get of $key took too much memory"
    [ "$(stat -c %s out)" = 300000000 ] || failed "$key came back with another length"
done
expect 0 rm long/plain long/packed.zst

# Names that lead out of the directory, or through a link in it, make no file outside.
serve --hostile
mkdir outside in_dir
ln -s ../outside in_dir/link
"$JPSBACKUP" get --recursive bkt/in in_dir "${s3[@]}" > out 2> err && failed "hostile keys are no failure"
[ -z "$(ls outside)" ] || failed "a file was written through a link"
[ ! -e escaped ] && [ ! -e ../escaped ] || failed "a file was written outside the directory"
[ "$(cat in_dir/dir/good)" = evil ] || failed "the good key's file is missing"
[ -z "$(find in_dir -name '.jpsbackup*')" ] || failed "a temporary file is left"
says err "2 of 3 files failed"

# A tree goes up file by file and comes back the same.
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
mkdir -p tree/a/b tree/c 'tree/ü x'
for i in $(seq 300); do echo "file $i" > "tree/a/b/$i"; done
: > tree/c/empty
echo odd > 'tree/ü x/+%.txt'
head -c 20000000 /dev/urandom > tree/c/large
expect 0 put --recursive tree bkt/up/tree --make-bucket --json
json out 'last["result"]["files"] == 303 and last["result"]["failed"] == 0 and last["result"]["bytes"] > 20000000'
expect 0 get --recursive bkt/up/tree back
same_tree tree back

# What exists stays without --replace; the rest is done, each failure is named, and the whole fails.
echo mine > back/a/b/7
rm back/a/b/8
expect 5 get --recursive bkt/up/tree back
says err "302 of 303 files failed"
[ "$(cat back/a/b/7)" = mine ] || failed "a file was replaced"
[ "$(cat back/a/b/8)" = "file 8" ] || failed "the missing file was not got"
expect 0 get --recursive bkt/up/tree/ back --replace
same_tree tree back
echo changed > tree/a/b/9
echo new > tree/a/b/new
expect 5 put --recursive tree bkt/up/tree --json
json out 'last["account"]["failed"] == 303 and last["account"]["files"] == 1 and "exists" in last["account"]["failures"][0]["what"]'
expect 0 get bkt/up/tree/a/b/9 - && [ "$(cat out)" = "file 9" ] || failed "an object was replaced"
expect 0 put -r tree bkt/up/tree --replace
expect 0 get bkt/up/tree/a/b/9 - && [ "$(cat out)" = changed ] || failed "an object was not replaced"

# What is no regular file is left out and told.
ln -s /etc/passwd tree/link
mkfifo tree/fifo
expect 0 put -r tree bkt/second
says err "'link'"
says out "304 files"
says out "2 left out"
expect 4 get bkt/second/link -

# A folder goes, its neighbours stay; a whole bucket never goes by mistake.
expect 0 put tree/a/b/1 bkt/up/tree-of-others
expect 0 rm --recursive bkt/up/tree
says out "removed 304 objects"
expect 0 ls bkt/up
says out "up/tree-of-others"
says out "1 object,"
for arguments in bkt bkt/ 'bkt/a bkt/b'; do expect 2 rm --recursive $arguments; done
expect 2 put -r tree
expect 2 put -r tree bkt
expect 2 put -r tree bkt/x --tree tree
expect 4 put -r nowhere bkt/x
expect 4 get -r bkt/nothing-here none
