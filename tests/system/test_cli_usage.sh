#!/bin/bash
# What is wrong is refused before anything starts: exit status 2, a text that names it, a hint to the help.
. "$(dirname "$0")/test_cli_lib.sh"

refused() { # TEXT arguments...
    local text=$1
    shift
    expect 2 "$@"
    silent out
    says err "$text"
    says err "hint: "
    [ -z "$(ls store)" ] || failed "'$*' touched the store"
}

expect 0 --version
grep -qE '^jpsbackup [0-9]+\.[0-9]+\.[0-9]+$' out || failed "no version"
expect 0 help
expect 0 help restore
says out "jpsbackup restore"
expect 2 help restroe
says err "there is no subcommand 'restroe'"
expect 0 --help
subcommands=$(sed -n '/^subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' out)
[ "$(echo "$subcommands" | wc -w)" -ge 12 ] || failed "only these subcommands: $subcommands"
for subcommand in $subcommands; do
    expect 0 "$subcommand" --help
    says out "examples:"
    silent err
    refused "unknown option '--nonsense'" "$subcommand" --nonsense
    says err "see 'jpsbackup $subcommand --help'"
    refused "option '--json' takes no value" "$subcommand" --json=1
done

echo x >file
refused "a subcommand is missing"
refused "there is no subcommand 'frobnicate'" frobnicate
refused "arguments are missing: FILE (or -) and BUCKET/KEY" put
refused "an argument is missing after 'file'" put file
refused "argument 'third' is one too many" put file b/k third
refused "must have the form BUCKET/KEY, not 'bucket'" put file bucket
refused "must have the form BUCKET/KEY, not '/key'" put file /key
refused "must have the form BUCKET/KEY, not 'bucket/'" rm bucket/
refused "option '--level' takes a number from 1 to 19, not '0'" put file b/k --compress zstd --level 0
for number in 20 -1 +1 1x '' ' 1' 0x1 99999999999999999999999; do
    refused "option '--level' takes a number from 1 to 19, not '$number'" put file b/k --compress zstd "--level=$number"
done
refused "from 1 to 9 for gzip, not '10'" put file b/k.gz --level 10
refused "option '--level' has no meaning without compression" put file b/k --level 3
refused "option '--compress' takes zstd|gzip|none, not 'zst'" put file b/k --compress zst
refused "option '--compress' takes zstd|gzip, not 'none'" backup --bucket b --name n --compress none .
refused "option '--mode' takes manual|auto, not 'hourly'" verify --mode hourly --bucket b --name n
refused "unknown option '--mode'" list --mode auto --bucket b
refused "option '--memory' takes a number from 32" put file b/k --memory 31
refused "option '--tree' needs a value: DIR" put b/k --tree
refused "option '--tree' needs a DIR, not an empty text" put b/k --tree ''
refused "options '--tree' and '--command' exclude one another" put --tree . --command b/k -- true
refused "needs a program and its arguments after '--'" put --command b/k
refused "needs a program and its arguments after '--'" put --command b/k --
refused "a program after '--' needs option '--command'" put file b/k -- true
refused "option '--exclude' has no meaning without '--tree'" put file b/k --exclude x
refused "option '--include' has no meaning without '--tree'" put file b/k --include x
refused "option '--one-file-system' has no meaning with '--recursive'" put --recursive . b/k --one-file-system
printf '\n' >nothing
refused "'nothing' has no pattern of what to include" put --tree . b/k --include-from nothing
for pattern in cache/ ./a a/./b a//b ../a / . a/..; do
    refused "the pattern '$pattern' can match nothing" put --tree . b/k --exclude "$pattern"
    refused "the pattern '$pattern' can match nothing" backup --bucket b --name n . --include "$pattern"
done
refused "option '--success-text' has no meaning without '--command'" put file b/k --success-text x
refused "option '--bucket' is missing" backup --name n .
refused "option '--name' is missing" verify --bucket b
refused "option '--name' was given twice" verify --bucket b --name n --name m
refused "option '--keep', '--keep-daily', '--keep-weekly', '--keep-monthly' or '--keep-yearly' is missing" rotate --bucket b --name n
refused "option '--keep' takes a number from 1 to 4294967295, not '0'" rotate --bucket b --name n --keep 0
refused "nothing may follow '--' here" ls b -- x
refused "option '--into' is missing" restore --bucket b --name n
refused "option '--journal' is missing" restore --step check --bucket b --name n --into t
refused "option '--journal' is missing" restore --step swap
refused "option '--bucket' has no meaning with '--step undo'" restore --step undo --journal j --bucket b
refused "option '--keep-old' has no meaning with a step that is not 'commit'" restore --step swap --journal j --keep-old
refused "option '--into' must end with a name, not '/'" restore --bucket b --name n --into /
refused "option '--into' must end with a name, not 'x/..'" restore --bucket b --name n --into x/..
refused "the action is list, add, remove or rebuild, not 'show'" catalog show --catalog b/k
refused "option '--catalog' is missing" catalog list
refused "option '--entry' has no meaning with 'list'" catalog list --catalog b/k --entry e
refused "option '--catalog-region' has no meaning without '--catalog'" rotate --bucket b --name n --keep 1 --catalog-region r
refused "option '--environment' takes KEY=VALUE, not 'x'" backup --bucket b --name n --environment x .
refused "option '--environment' gives 'x' twice" backup --bucket b --name n --environment x=1 --environment x=2 .
refused "exactly one of '--number' and '--read' is needed" revision-node
refused "exactly one of '--number' and '--read' is needed" revision-node -r -n 1
refused "option '--number' takes a number from 0 to 18446744073709551615, not '18446744073709551616'" revision-node -n 18446744073709551616
expect 2 ls b --json --outcome
says out "options '--json' and '--outcome' exclude one another"
expect 2 get b/k - --json
says out "no JSON may"
expect 2 get b/k - --replace
says err "option '--replace' has no meaning with '-'"
JPSBACKUP_STORE='' refused "no store was named" ls b
refused "store" ls b --store ftp://x
refused "name" backup --bucket b --name a/b .
refused "timestamp" backup --bucket b --name n --timestamp yesterday .

# A value that somebody wrongly gave to an option is not repeated: it may be a secret.
expect 2 ls b --secret-key=TOPSECRET
if grep -q TOPSECRET out err; then failed "the value of an unknown option was printed"; fi
# Control characters from outside do not reach the terminal.
expect 2 "$(printf 'a\033[2J')"
if grep -q "$(printf '\033')" err; then failed "an escape sequence was printed"; fi
