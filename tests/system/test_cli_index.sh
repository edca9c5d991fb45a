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
truncate -s 50 $folder/tree.tar.zst.index.zst
expect 3 verify --bucket mine --name judged
rm $folder/tree.tar.zst.index.zst
expect 3 verify --bucket mine --name judged
# The whole tree is restored without it all the same.
expect 0 restore --bucket mine --name judged --into whole
diff -r --no-dereference -x pipe -x null tree whole || failed "the tree came back different"
cp kept $folder/tree.tar.zst.index.zst

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
