#!/bin/bash
# What a restore in one command can be told: the plan, in place, and keeping the old content.
. "$(dirname "$0")/test_cli_lib.sh"
make_tree data
cp -a data original
expect 0 backup --bucket b --name own data
rm -r data
mkdir data
echo old >data/only-old

# The plan changes nothing, the times neither.
at() { find . -path ./store -prune -o ! -name out ! -name err -printf '%p %y %m %s %T@\n' | sort; }
before=$(at)
expect 0 restore --dry-run --bucket b --name own --into data
says out "can be restored into $work/data"
says out "needed"
says out "replaced by one exchange of names"
says out "nothing was changed"
[ "$(at | grep -v '^\. ')" = "$(grep -v '^\. ' <<<"$before")" ] || failed "the plan changed something"
expect 0 restore --dry-run --in-place --bucket b --name own --into data
says out "there is no undo"
expect 0 restore --dry-run --bucket b --name own --into absent
says out "nothing is there yet"
expect 4 restore --dry-run --bucket b --name own --object none --into data
expect 2 restore --dry-run --step check --journal j --bucket b --name own --into data
expect 2 restore --in-place --step stage --journal j --bucket b --name own --into data
expect 2 restore --in-place --keep-old --bucket b --name own --into data
[ -e data/only-old ] || failed "a refused restore changed something"

expect 0 restore --keep-old --bucket b --name own --into data
same_tree data original
kept=$(sed -n 's/^the old content is kept in //p' out)
[ "$(cat "$kept/only-old")" = old ] || failed "the old content is not in '$kept'"
rm -r "$(dirname "$kept")"

rm -r data
mkdir data
echo old >data/only-old
expect 0 restore --in-place --bucket b --name own --into data --json
json out 'last["result"]["verified"] and last["result"]["files"] > 0'
same_tree data original
[ -z "$(find . -maxdepth 1 -name '.?*')" ] || failed "the restore left $(find . -maxdepth 1 -name '.?*')"

# What the backup could not read as it was is told again by each restore: here 1,003 sockets.
mkdir -p changing/kept
python3 -c 'import os, stat
for i in range(1003): os.mknod("changing/%04d" % i, stat.S_IFSOCK | 0o600)'
expect 0 backup --bucket b --name marks changing
rm -r changing
for how in "" "--in-place" "--dry-run"; do
    expect 0 restore $how --bucket b --name marks --into changing --json
    json out 'last["result"]["marked_count"] == 1003 and len(last["result"]["marked"]) == 1000'
    json out 'last["result"]["marked"][2] == {"path": "0002", "what": "is a socket, which archives cannot hold"}'
    says out "0002"
done
[ -z "$(ls -A changing/kept)" ] || failed "something is there that was not"
expect 0 restore --bucket b --name own --into data --json
json out '"marked" not in last["result"]'
echo "passed"
