#!/bin/bash
# backup, list, verify, restore, rotate, catalog and revision-node on a store in a directory.
. "$(dirname "$0")/test_cli_lib.sh"
# Staging and journals lie hidden beside their targets while a restore runs, and no longer.
hidden_nothing() { [ -z "$(find . -maxdepth 1 -name '.?*')" ] || failed "$1 left $(find . -maxdepth 1 -name '.?*')"; }
make_tree data
mkdir conf && echo setting=1 >conf/settings
cp -a data original

first=2026-01-01T00:00:00
expect 0 backup --bucket b --name 'my backup' --timestamp $first --catalog meta/7_backup_metadata.json \
    --environment envname=demo --environment product=dx data conf
says out "is complete"
says out "data.tar.zst"
expect 5 backup --bucket b --name 'my backup' --timestamp $first conf
expect 0 list --bucket b
says out "complete"
says out "my backup"
expect 0 list --bucket b --name other --json
json out 'last["result"]["backups"] == []'
expect 0 list --bucket b --json
json out '[(e["name"], e["timestamp"], e["mode"], e["state"]) for e in last["result"]["backups"]] == [("my backup", "2026-01-01T00:00:00", "manual", "complete")]'
expect 4 list --bucket nobucket
expect 0 catalog list --catalog meta/7_backup_metadata.json
says out "my backup"
says out "demo"

# verify
expect 0 verify --bucket b --name 'my backup'
expect 0 verify --bucket b --name 'my backup' --timestamp $first --mode manual --full
says out "every byte was read"
expect 0 list --bucket b
says out "$(date -u +%Y-%m-%d) full"
expect 0 verify --bucket b --name 'my backup' --sample 50 --seed 7
says out "chosen by the seed 7"
says out "1 of 1 parts read"
expect 2 verify --bucket b --name 'my backup' --sample 50 --full
expect 2 verify --bucket b --name 'my backup' --seed 7
expect 4 verify --bucket b --name other
object=$(find store/b -name data.tar.zst)
cp "$object" whole
printf '\377' | dd of="$object" bs=1 seek=150000 conv=notrunc status=none
cmp -s whole "$object" && printf '\000' | dd of="$object" bs=1 seek=150000 conv=notrunc status=none
expect 0 verify --bucket b --name 'my backup'
expect 3 verify --bucket b --name 'my backup' --full
says out "data.tar.zst: damaged"
says out "conf.tar.zst: good"
says err "1 of 2 objects of 'my backup_${first}_manual' are damaged or missing: 'data.tar.zst'"
[ "$(grep -c "digest differs" out err | tr '\n' ' ')" = "out:1 err:0 " ] || failed "the damage was not told once"
expect 0 list --bucket b
says out "damaged  "
expect 0 verify --bucket b --name 'my backup' --full --outcome
json out 'last["result"] == 3 and last["code"] == "verify" and [o["name"] for o in last["objects"] if not o["ok"]] == ["data.tar.zst"]'

# A damaged object replaces nothing.
echo new >data/new
expect 3 restore --bucket b --name 'my backup' --object data.tar.zst --into data
[ -e data/new ] || failed "a damaged backup was restored"
hidden_nothing "a restore that failed"
cp whole "$object"

# restore in one
rm -r data/sub
expect 0 restore --bucket b --name 'my backup' --object data.tar.zst --into data
says out "every byte verified"
same_tree original data
[ "$(stat -c '%y %a' data/sub/random)" = "$(stat -c '%y %a' original/sub/random)" ] || failed "another time or mode"
hidden_nothing "a restore"
expect 0 restore --bucket b --name 'my backup' --object conf.tar.zst --into elsewhere --timestamp $first --mode manual
same_tree conf elsewhere
expect 4 restore --bucket b --name 'my backup' --object nothing --into elsewhere
same_tree conf elsewhere

for owner in 12345:54321 daemon; do
    expect 0 restore --bucket b --name 'my backup' --object conf.tar.zst --into elsewhere --owner $owner
    wanted=$owner
    [ $owner = 12345:54321 ] || wanted=$(id -u daemon):$(id -g daemon)
    [ "$(stat -c %u:%g elsewhere/settings)" = "$wanted" ] || failed "--owner $owner gave $(stat -c %u:%g elsewhere/settings)"
done
expect 2 restore --bucket b --name 'my backup' --object conf.tar.zst --into elsewhere --owner no-such-user

# restore in steps, two targets on one journal
mkdir run
step() { expect 0 restore --step "$@" --journal run/journal; }
of_data=(--bucket b --name 'my backup' --object data.tar.zst --into data)
of_conf=(--bucket b --name 'my backup' --object conf.tar.zst --into conf)
echo changed >data/file && echo changed >conf/settings
step check "${of_data[@]}" --json
json out 'last["result"]["bytes_free"] > 0'
[ ! -e run/journal ] || failed "the check made a journal"
expect 4 restore --step status --journal run/journal
step stage "${of_data[@]}"
step stage "${of_conf[@]}"
[ "$(cat data/file)" = changed ] || failed "staging changed the target"
step status --json
json out 'last["result"]["state"] == "staging" and len(last["result"]["targets"]) == 2'
step swap
same_tree original data
[ "$(cat conf/settings)" = setting=1 ] || failed "conf was not swapped"
step undo
[ "$(cat data/file) $(cat conf/settings)" = "changed changed" ] || failed "the old state is not back"
step undo
rm -rf run && mkdir run
step stage "${of_data[@]}"
step swap
step commit
same_tree original data
hidden_nothing "a commit"

# A program that unpacks in the product's place.
expect 0 restore --bucket b --name 'my backup' --object conf.tar.zst --into consumed -- tar -x --strip-components="$(echo "${work#/}/conf" | tr -cd / | wc -c)"
[ "$(cat consumed/conf/settings)" = setting=1 ] || failed "the program's files are not there"
expect 1 restore --bucket b --name 'my backup' --object conf.tar.zst --into consumed -- sh -c 'cat >/dev/null; echo broken >&2; exit 1'
says err "broken"
[ "$(cat consumed/conf/settings)" = setting=1 ] || failed "a program that failed changed the target"

# A backup that was killed is resumed with what was complete.
mkdir fine && echo x >fine/file
expect 5 backup --resume --bucket b --name 'my backup' --timestamp $first conf
expect 4 backup --resume --bucket b --name 'my backup' conf
mkdir slow && head -c 30000000 /dev/urandom >slow/file
"$JPSBACKUP" backup --bucket b --name cut --timestamp $first fine slow >/dev/null 2>&1 &
until [ -e "store/b/cut_${first}_manual/fine.tar.zst" ] || ! kill -0 $! 2>/dev/null; do :; done
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
[ ! -e "store/b/cut_${first}_manual/slow.tar.zst" ] || failed "the backup was killed too late"
expect 5 backup --resume --bucket b --name cut --timestamp $first fine slow
says err "is being made"
find "store/b/cut_${first}_manual" -type f -exec touch -d '20 minutes ago' {} +
expect 0 list --bucket b
says out abandoned
expect 0 backup --resume --bucket b --name cut fine slow
expect 0 verify --full --bucket b --name cut
rm -rf "store/b/cut_${first}_manual"

# rotate
for minute in 1 2 3; do
    expect 0 backup --bucket b --name auto --mode auto --timestamp 2026-01-01T00:0$minute:00 conf --catalog meta/7_backup_metadata.json --quiet
    silent out
done
expect 0 backup --bucket b --name auto2 --mode auto --timestamp 2026-01-01T00:00:00 conf
expect 0 rotate --bucket b --name auto --keep 2 --dry-run --json
json out '[e["timestamp"] for e in last["result"]["removed"]] == ["2026-01-01T00:01:00"] and len(last["result"]["kept"]) == 2'
expect 0 list --bucket b --json
json out 'len(last["result"]["backups"]) == 5'
expect 0 rotate --bucket b --name auto --keep 2 --catalog meta/7_backup_metadata.json
says out "2 kept, 1 removed"
expect 0 list --bucket b --json
json out 'sorted((e["name"], e["timestamp"][14:16]) for e in last["result"]["backups"]) == [("auto", "02"), ("auto", "03"), ("auto2", "00"), ("my backup", "00")]'
expect 0 catalog list --catalog meta/7_backup_metadata.json --json
json out 'len(last["result"]["backups"]) == 3'

expect 2 rotate --bucket b --name auto
says err "--keep-daily"
expect 0 rotate --bucket b --name auto --keep-daily 3 --keep-yearly 1 --dry-run
says out "2026-01-01T00:03:00  kept: newest, daily 2026-01-01, yearly 2026"
says out "1 kept, 1 would be removed"

# The newest one is passed over where its seal is damaged, and that is said.
expect 0 backup --bucket b --name two --timestamp $first conf
expect 0 backup --bucket b --name two --timestamp 2026-01-02T00:00:00 conf
expect 0 restore --bucket b --name two --into elsewhere
[ ! -s err ] || failed "a warning without a reason"
truncate -s 50 store/b/two_2026-01-02T00:00:00_manual/backup.json
expect 0 restore --bucket b --name two --into elsewhere
says err "the backup 'two_2026-01-02T00:00:00_manual' is passed over"
expect 3 restore --bucket b --name two --timestamp 2026-01-02T00:00:00 --into elsewhere
says err "with a damaged seal"
expect 3 verify --bucket b --name two
says out "two_${first}_manual"
says err "the seal of the newer backup 'two_2026-01-02T00:00:00_manual' is damaged"
rm -r store/b/two_*

# Nor is one taken quietly that was found damaged; a weaker verification does not take that back.
expect 0 backup --bucket b --name bad --timestamp $first conf
bad=store/b/bad_${first}_manual/conf.tar.zst
cp "$bad" whole
printf '\377' | dd of="$bad" bs=1 seek=30 conv=notrunc status=none
cmp -s whole "$bad" && printf '\000' | dd of="$bad" bs=1 seek=30 conv=notrunc status=none
expect 3 verify --bucket b --name bad --full
cp whole "$bad"
expect 0 restore --bucket b --name bad --into elsewhere
says err "found the backup 'bad_${first}_manual' damaged"
expect 0 verify --bucket b --name bad
says err "and that record stays"
rm -r store/b/bad_*

# A rotation of nothing says so.
expect 0 backup --bucket b --name m --timestamp $first conf
expect 0 rotate --bucket b --name m --keep 1
says err "there are 1 of mode manual"
expect 0 rotate --bucket b --name mm --keep 1
says err "none of that name in another mode"
rm -r store/b/m_*

# a damaged backup is removed where just that is asked for
expect 0 backup --bucket b --name broken --timestamp $first conf --catalog meta/7_backup_metadata.json
broken=(--bucket b --name broken --timestamp $first)
expect 1 rm "${broken[@]}" --damaged
says err "has no damaged seal"
truncate -s 50 "store/b/broken_${first}_manual/backup.json"
expect 3 rm "${broken[@]}"
says err "only removed where just that is asked for"
expect 2 rm b/anything --damaged
expect 0 rm "${broken[@]}" --damaged --catalog meta/7_backup_metadata.json
[ ! -e "store/b/broken_${first}_manual" ] || failed "the damaged backup is left"

# one backup removed
expect 2 rm --bucket b --name auto2 b/anything
expect 2 rm --bucket b --name auto2 --mode auto
expect 4 rm --bucket b --name auto2 --mode auto --timestamp 2026-01-01T00:09:00
expect 0 rm --bucket b --name auto --mode auto --timestamp 2026-01-01T00:02:00 --catalog meta/7_backup_metadata.json
says out "removed the backup auto_2026-01-01T00:02:00_auto"
[ ! -e store/b/auto_2026-01-01T00:02:00_auto ] || failed "the backup's folder is left"
expect 0 list --bucket b --json
json out 'sorted((e["name"], e["timestamp"][14:16]) for e in last["result"]["backups"]) == [("auto", "03"), ("auto2", "00"), ("my backup", "00")]'
expect 0 catalog list --catalog meta/7_backup_metadata.json --json
json out 'len(last["result"]["backups"]) == 2'

# catalog
echo '{"name": "x", "timestamp": "2026-01-01T00:00:00", "mode": "manual", "size": 5, "other": [1]}' >entry
expect 0 catalog add --catalog meta/new.json --entry entry
expect 0 catalog add --catalog meta/new.json --entry - <entry
expect 0 catalog list --catalog meta/new.json --outcome
json out 'last["result"] == 0 and len(last["backups"]) == 1 and last["backups"][0]["other"] == [1]'
expect 0 catalog remove --catalog meta/new.json --name x --timestamp 2026-01-01T00:00:00 --mode manual
expect 0 catalog remove --catalog meta/new.json --name x --timestamp 2026-01-01T00:00:00 --mode manual
expect 0 catalog list --catalog meta/new.json
says out "no entries"
echo broken >store/meta/new.json
expect 1 catalog add --catalog meta/new.json --entry entry
[ "$(cat store/meta/new.json)" = broken ] || failed "a malformed catalog was overwritten"

# revision-node
expect 0 revision-node -n 258 -f revision
silent out
[ "$(od -An -tx1 revision)" = " 00 00 00 00 00 00 01 02" ] || failed "another form"
expect 0 revision-node -r -f revision
[ "$(cat out)" = 258 ] || failed "another number"
expect 0 revision-node --number=18446744073709551615 -frevision
expect 0 revision-node --read --file revision --outcome
json out 'last["result"] == 0 and last["revision"] == "18446744073709551615"'
expect 4 revision-node -r -f nowhere
printf short >revision
expect 1 revision-node -r -f revision
