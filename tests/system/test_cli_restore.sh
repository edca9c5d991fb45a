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
echo "passed"
