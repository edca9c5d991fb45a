#!/bin/bash
# put, get, ls and rm on a store in a directory; other tools read what was put.
. "$(dirname "$0")/test_cli_lib.sh"
make_tree tree

expect 4 put tree/file b/file
says err "make the bucket"
expect 0 put --make-bucket tree/file b/file
says out "confirmed by the store"
cmp tree/file store/b/file || failed "the object is not the file"

expect 5 put tree/sub/random b/file
says err "'b/file' exists already"
cmp tree/file store/b/file || failed "a refused put changed the object"
expect 0 put --replace tree/sub/random b/file
cmp tree/sub/random store/b/file || failed "--replace did not replace"
expect 4 put nowhere b/nowhere

# Standard input; compression by the key's ending, unless the file has it too; by option.
expect 0 put - b/deep/er/text.gz <tree/sub/random
gzip -t store/b/deep/er/text.gz
gzip -dc store/b/deep/er/text.gz | cmp - tree/sub/random
gzip -c tree/sub/random >random.gz
expect 0 put random.gz b/copied.gz
cmp random.gz store/b/copied.gz || failed "a compressed file was compressed again"
expect 0 put tree/sub/random b/text.zst --level 19
zstd -qdc store/b/text.zst | cmp - tree/sub/random
expect 0 put tree/sub/random b/other --compress zstd
zstd -qdc <store/b/other | cmp - tree/sub/random
: >empty
expect 0 put empty b/empty
expect 0 put empty b/empty.zst
zstd -qdc store/b/empty.zst | cmp - empty

# Trees: GNU tar and zstd read them.
expect 0 put --tree tree b/tree.tar.zst --exclude cache --exclude '*.tmp'
mkdir unpacked
zstd -qdc store/b/tree.tar.zst | tar -x -C unpacked
rm -r tree/cache tree/sub/a.tmp
same_tree tree "unpacked$work/tree"
[ "unpacked$work/tree/file" -ef "unpacked$work/tree/sub/hard" ] || failed "the hard link is none"
[ "$(stat -c '%y %a' "unpacked$work/tree/sub/random")" = "$(stat -c '%y %a' tree/sub/random)" ] || failed "another time or mode"
printf 'sub\n\nfile\r\n' >patterns
expect 0 put --tree tree b/less.tar.gz --exclude-from patterns
[ "$(tar -tzf store/b/less.tar.gz)" = "${work#/}/tree/" ] || failed "--exclude-from left something in: $(tar -tzf store/b/less.tar.gz)"
mkdir -p choice/conf/deep choice/other && touch choice/conf/x choice/conf/deep/y choice/other/z.xml choice/other/z.txt choice/z.tmp
printf '*.xml\n*.tmp\n' >wanted
expect 0 put --tree choice b/some.tar.gz --include conf --include-from wanted --exclude deep --exclude-from patterns --exclude '*.tmp' --one-file-system
[ "$(tar -tzf store/b/some.tar.gz | sed "s,${work#/}/choice/,," | tr '\n' ' ')" = ' conf/ conf/x other/ other/z.xml ' ] ||
    failed "--include kept something else: $(tar -tzf store/b/some.tar.gz)"
expect 0 backup --bucket b --name some choice --include '*.xml' --compress gzip --one-file-system
[ "$(tar -tzf store/b/*some*/choice.tar.gz | sed "s,${work#/}/choice/,," | tr '\n' ' ')" = ' other/ other/z.xml ' ] ||
    failed "--include kept something else: $(tar -tzf store/b/*some*/choice.tar.gz)"
expect 0 put --tree choice b/none.tar.gz --include '*.nothing' --exclude '.?*' --exclude '..a/b'
says err "holds nothing that is to be included"
expect 1 put --tree choice b/strict.tar.gz --include '*.nothing' --strict
expect 4 put --tree nowhere b/t

# Programs.
expect 0 put --command --success-text 'completed OK!' b/said -- sh -c 'printf hello; echo "completed OK!" >&2'
[ "$(zstd -qdc <store/b/said)" = hello ] || failed "another output"
before=$(find store | sort)
expect 1 put --command b/failed -- sh -c 'echo x; echo "disk on fire" >&2; exit 3'
says err "disk on fire"
expect 1 put --command b/failed --success-text 'completed OK!' -- sh -c 'echo x'
expect 1 put --command b/failed -- sh -c 'echo x; kill -9 $$'
status=0
"$JPSBACKUP" put --command b/failed -- /nonexistent/program >out 2>err || status=$?
[ $status = 4 ] || [ $status = 1 ] || failed "a program that is not there: $status"
says err "/nonexistent/program"
[ "$(find store | sort)" = "$before" ] || failed "a failed program left something in the store"
# The program gets signals as it should: a broken pipe ends it.
expect 0 put --command b/pipe -- bash -c 'set -o pipefail; yes | head -n 1; [ ${PIPESTATUS[0]} = 141 ]'

# get
expect 0 get b/file got
cmp got tree/sub/random
[ "$(stat -c %a got)" = 644 ] || failed "the file's mode ignores the umask"
expect 5 get b/file got
says err "give --replace"
expect 0 get b/text.zst got --replace --decompress
cmp got tree/sub/random
expect 0 get b/deep/er/text.gz - --decompress
cmp out tree/sub/random
says err "got "
# get with what put told: each part is proven before it is written
"$JPSBACKUP" put --outcome tree/sub/random b/told > told.json
expect 0 get b/told got --replace --description told.json
cmp got tree/sub/random
says out "verified"
printf x | dd of=store/b/told bs=1 seek=3000 conv=notrunc status=none
expect 3 get b/told damaged --description told.json
[ ! -e damaged ] || failed "a damaged object was got"
expect 2 get b/told damaged --description tree/sub/random
expect 4 get b/told damaged --description missing.json
expect 0 get b/told - && cmp -s out tree/sub/random && failed "the object was not damaged"
"$JPSBACKUP" rm b/told --quiet
expect 4 get b/nowhere missing
expect 4 get nobucket/file missing
[ ! -e missing ] || failed "a get that failed made a file"
expect 2 get b/file /dev/null --replace
[ -c /dev/null ] || failed "/dev/null was replaced"
ln -s got link
expect 2 get b/file link --replace
expect 4 get b/file nowhere/file
status=0
"$JPSBACKUP" get b/file - >/dev/full 2>err || status=$?
[ $status = 8 ] || failed "a full output: $status"
# A reader that went away is told like any other failure, and kills nobody.
status=0
"$JPSBACKUP" get b/tree.tar.zst - 2>err | true || status=${PIPESTATUS[0]}
[ $status = 1 ] || failed "a reader that went away: $status"
says err "Broken pipe"
truncate -s 100000 store/b/text.zst
expect 3 get b/text.zst damaged --decompress
[ ! -e damaged ] && [ -z "$(find . -maxdepth 1 -name '.*jpsbackup*')" ] || failed "a get that failed left something"

# ls and rm
expect 0 ls b/deep
says out "deep/er/text.gz"
says out "1 object, "
expect 0 ls b
[ "$(grep -c '  20' out)" = "$(find store/b -type f ! -path '*/.*' | wc -l)" ] || failed "ls does not list what is there"
expect 4 ls nobucket
expect 0 rm b/file b/deep/er/text.gz b/never-there
[ ! -e store/b/file ] && [ ! -e store/b/deep/er/text.gz ] || failed "rm left objects"
[ -e store/b/tree.tar.zst ] || failed "rm removed another object"

# Names that leave the store
for name in '../outside' 'b/../../outside' 'b/x/../../y' '../../etc/x/y'; do
    expect 2 put empty "$name"
done
[ ! -e outside ] && [ ! -e y ] || failed "a name left the store"
