#!/bin/bash
# The index of an archive's members: made, judged by another reader of tar, part of its backup.
source "$(dirname "$0")/test_cli_lib.sh"

make_tree tree
mkfifo tree/pipe
truncate -s -1 tree/file
touch -d '1969-12-31 23:59:58.75' tree/cache/before-1970
head -c 9000000 /dev/urandom >tree/sub/large
long=$(printf 'n%.0s' {1..200})
mkdir -p "tree/$long/$long"
echo deep >"tree/$long/$long/file \"quoted\" \\ back"
printf 'x' >$'tree/new\nline'
printf 'x' >"$(printf 'tree/latin-\351')"
ln -s "$(printf 'nowhere-\351')" tree/odd-link
ln $'tree/new\nline' tree/zz-hard
truncate -s 100M tree/sub/holes
printf 'in the middle' | dd of=tree/sub/holes bs=1 seek=50000000 conv=notrunc status=none
if [ "$(id -u)" = 0 ]; then
    mknod tree/null c 1 3
    chown 12345:54321 tree/file
fi

# Judged by Python's reader of tar: names, kinds, places, owners, times; and each frame by its digest and by zstd.
expect 0 backup --bucket mine --name judged --timestamp 2026-01-02T03:04:00 tree
folder=store/mine/judged_2026-01-02T03:04:00_manual
python3 "$tests/index_judge.py" $folder/tree.tar.zst $folder/tree.tar.zst.index.zst >judged || failed "the index is not right"
says judged '3 frames'

# It is part of the backup: in its size, in the seal, in every check.
python3 - $folder <<'P' || failed "the seal does not describe the index"
import json, os, sys
seal = json.load(open(sys.argv[1] + '/backup.json'))
tree = seal['objects'][0]
index = tree['index']
assert (index['name'], index['kind'], index['compression']) == ('tree.tar.zst.index.zst', 'index', 'zstd')
assert index['size'] == os.path.getsize(sys.argv[1] + '/' + index['name'])
assert seal['size'] == tree['size'] + index['size']
P
expect 0 verify --bucket mine --name judged --full
cp $folder/tree.tar.zst.index.zst kept
printf 'X' | dd of=$folder/tree.tar.zst.index.zst bs=1 seek=40 conv=notrunc status=none
expect 0 verify --bucket mine --name judged
expect 3 verify --bucket mine --name judged --full
says err "tree.tar.zst"
expect 3 verify --bucket mine --name judged --sample 100
expect 3 browse --bucket mine --name judged --object tree.tar.zst
says err "the archive itself may be whole"
expect 3 restore --bucket mine --name judged --object tree.tar.zst --path file --into one
says err "the archive itself may be whole"
truncate -s 50 $folder/tree.tar.zst.index.zst
expect 3 verify --bucket mine --name judged
rm $folder/tree.tar.zst.index.zst
expect 3 verify --bucket mine --name judged
expect 3 browse --bucket mine --name judged --object tree.tar.zst
says err "the archive itself may be whole"
expect 3 restore --bucket mine --name judged --object tree.tar.zst --path file --into one
says err "the archive itself may be whole"
# The whole tree is restored without it all the same.
expect 0 restore --bucket mine --name judged --into whole
diff -r --no-dereference -x pipe -x null tree whole || failed "the tree came back different"
cp kept $folder/tree.tar.zst.index.zst
expect 0 verify --bucket mine --name judged --full

# The same tree gives the same index.
expect 0 backup --bucket mine --name again --timestamp 2026-01-02T03:04:00 tree
cmp $folder/tree.tar.zst.index.zst store/mine/again_2026-01-02T03:04:00_manual/tree.tar.zst.index.zst || failed "the index is not the same"

# On request there is none; with gzip there cannot be one.
expect 0 backup --bucket mine --name without --no-index tree
expect 0 backup --bucket mine --name gzip --compress gzip tree
[ -z "$(find store/mine/without_* store/mine/gzip_* -name '*.index.zst')" ] || failed "an index nobody asked for"

# By put: only where it makes sense, and an object under its name is a conflict before any work.
expect 0 put --tree tree mine/tree.tar.zst --index
[ -f store/mine/tree.tar.zst.index.zst ] || failed "there is no index"
expect 2 put --index tree/file mine/file
says err "without '--tree'"
expect 2 put --tree tree mine/tree.tar.gz --index
says err 'compressed by zstd'
echo taken >store/mine/other.tar.zst.index.zst
expect 5 put --tree tree mine/other.tar.zst --index
says err "'mine/other.tar.zst.index.zst' exists already"
[ ! -e store/mine/other.tar.zst ] || failed "an archive without its index was left"

# What the archive holds is listed from its index: all of it, or a directory with what is below it.
expect 0 browse --bucket mine --name judged
[ "$(wc -l <out)" = 24 ] || failed "not every member is listed, and a last line"
says out 'prw-r--r--'
says out 'sub/link -> ../file'
says out 'sub/hard = file'
expect 0 browse --bucket mine --name judged --json sub
json out 'all(l["path"] == "sub" or l["path"].startswith("sub/") for l in lines[:-1])'
json out 'last["result"]["members"] == len(lines) - 1 == 9'
expect 0 browse --bucket mine --name judged --json "$(printf 'latin-\351')"
json out 'lines[0]["path_base64"] == "bGF0aW4t6Q=="'
expect 0 browse --bucket mine --name judged --outcome "$work/tree/cache"
json out '[m["path"] for m in last["list"]] == ["cache", "cache/before-1970", "cache/skipped"] and last["list"][1]["modified"] == -2'
expect 4 browse --bucket mine --name judged sub/no
says err "holds no 'sub/no'"
expect 2 browse --bucket mine --name judged ../tree
expect 1 browse --bucket mine --name without
says err 'has no index'

# Each member alone is what the whole restore brings.
list_tree() { (cd "$1" && find . -printf '%p %y %m %U %G %T@ %l\0' | sort -z); }
list_tree whole >all.list
(cd whole && find . -mindepth 1 -print0) | while IFS= read -r -d '' member; do
    rm -rf single
    "$JPSBACKUP" restore -q --bucket mine --name judged --into single --path "$member" || exit 1
    list_tree single >single.list
    # It, what it holds, and the directories above it, each as in the whole.
    [ -z "$(comm -z -13 all.list single.list | tr '\0' '\n')" ] || exit 1
    if [ ! -p "whole/$member" ] && [ ! -c "whole/$member" ]; then
        diff -r --no-dereference -x pipe -x null "single/$member" "whole/$member" >/dev/null || exit 1
    fi
    (cd whole && find "$member" | wc -l) >wanted
    (cd single && find "$member" | wc -l) >got
    cmp -s wanted got || exit 1
done || failed "a single member is not restored as in the whole: $(tr '\0' '\n' <single.list)"

# A hard link whose file was not chosen is the file; of several such, they are one file again.
rm -rf single
expect 0 restore --bucket mine --name judged --into single --path sub/hard --path zz-hard
cmp single/sub/hard tree/file || failed "a hard link lost its file"
mkdir links
echo content >links/a
setfattr -n user.kept -v yes links/a 2>/dev/null || true
mkdir links/z
ln links/a links/z/one
ln links/a links/z/two
expect 0 backup --bucket mine --name links links
expect 0 restore --bucket mine --name links --into single-links --path z
[ "$(stat -c %h single-links/z/one)" = 2 ] && [ single-links/z/one -ef single-links/z/two ] && [ ! -e single-links/a ] ||
    failed "hard links among the chosen are not one file"
cmp links/a single-links/z/two || failed "a hard link lost its file"
[ "$(getfattr -d links/a 2>/dev/null | tail -n +2)" = "$(getfattr -d single-links/z/one 2>/dev/null | tail -n +2)" ] || failed "attributes were lost"

# A file with holes, by itself and as what a hard link leads to.
truncate -s 100M links/holes
printf 'in the middle' | dd of=links/holes bs=1 seek=50000000 conv=notrunc status=none
ln links/holes links/z/holes
expect 0 backup --bucket mine --name holes links
rm -rf single
expect 0 restore --bucket mine --name holes --into single --path z/holes
cmp links/holes single/z/holes || failed "a file with holes was not restored"
[ "$(du -k single/z/holes | cut -f 1)" -lt 1000 ] || failed "its holes were filled"

# Nothing that is there is replaced; and what cannot be chosen is said before anything is made.
expect 5 restore --bucket mine --name judged --into single --path file
says err 'single members do not replace it'
expect 5 restore --bucket mine --name judged --into tree/file --path file
mkdir empty
expect 0 restore --bucket mine --name judged --into empty --path sub/empty --path file
[ -d empty/sub/empty ] && cmp tree/file empty/file || failed "an empty target was not filled"
expect 4 restore --bucket mine --name judged --into none --path file --path no/such
says err "holds no 'no/such'"
expect 2 restore --bucket mine --name judged --into none --path ../file
expect 2 restore --bucket mine --name judged --into none --path /etc/passwd
expect 2 restore --bucket mine --name judged --into none --path file -- cat
expect 1 restore --bucket mine --name without --into none --path file
says err 'has no index of its members'
expect 0 restore --step check --journal journal --bucket mine --name judged --into none --path file
says out '5 bytes'
[ ! -e none ] || failed "a restore that was refused made its target"

# Damage in a frame that is needed is found, and one in another frame does not matter.
archive=$folder/tree.tar.zst
printf 'XXXX' | dd of=$archive bs=1 seek=9000000 conv=notrunc status=none
expect 3 restore --bucket mine --name judged --into none --path sub/large
says err "its digest differs from the index's"
[ ! -e none ] || failed "damaged content was put in place"
expect 0 restore --bucket mine --name judged --into none --path cache

# An encrypted archive has an encrypted index, and single members come out of both by the key alone.
(umask 077 && echo 'a passphrase' >passphrase && echo 'another' >wrong)
mkdir secret
head -c 9000000 /dev/urandom >secret/large
echo hidden >secret/small
expect 0 backup --bucket mine --name secret --passphrase-file passphrase secret
index=$(echo store/mine/secret_*/secret.tar.zst.index.zst)
head -c 18 "$index" | grep -q age-encryption || failed "the index is not encrypted"
expect 0 browse --bucket mine --name secret --passphrase-file passphrase
says out 'small'
expect 6 browse --bucket mine --name secret
expect 6 browse --bucket mine --name secret --passphrase-file wrong
expect 0 restore --bucket mine --name secret --into opened --path small --path large --passphrase-file passphrase
diff -r secret opened || failed "what was encrypted came back different"
expect 6 restore --bucket mine --name secret --into sealed --path small --passphrase-file wrong
expect 0 verify --bucket mine --name secret --full
expect 0 verify --bucket mine --name secret --full --passphrase-file passphrase
expect 2 browse --bucket mine --name judged --passphrase-file passphrase
[ ! -e sealed ] || failed "a restore without a key made its target"
