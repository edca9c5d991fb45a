#!/bin/bash
# The forms that programs read: events, results, errors and outcomes.
. "$(dirname "$0")/test_cli_lib.sh"
make_tree tree

expect 0 put --json --make-bucket --tree tree b/tree.tar.zst
json out 'last["event"] == "result" and last["result"]["name"] == "tree.tar.zst" and last["result"]["compression"] == "zstd"'
json out 'any(l["event"] == "progress" for l in lines) and all(l["event"] in ("progress", "log", "result") for l in lines)'
json out 'all({"phase","item","bytes_done","bytes_total","objects_done","objects_total","bytes_per_second","seconds_left"} <= set(l) for l in lines if l["event"] == "progress")'
expect 0 put --json --quiet tree/file b/file
json out 'len(lines) == 1 and last["event"] == "result"'
expect 5 put --json tree/file b/file
json out 'last["event"] == "error" and last["code"] == "conflict" and last["exit"] == 5 and "b/file" in last["text"] and last["hint"]'
expect 2 put --json
json out 'len(lines) == 1 and last["code"] == "usage" and last["exit"] == 2'
expect 0 ls --json b
json out 'last["result"]["count"] == 2 and sorted(e["key"] for e in lines if e["event"] == "object") == ["file", "tree.tar.zst"]'
expect 0 get --json b/file copy
json out 'last["result"]["bytes"] == 6'
expect 0 rm --json b/file
json out 'last["result"] == {"removed": 1}'

# --outcome: one line, exit status 0, whatever happens.
expect 0 put --outcome tree/file b/file
json out 'len(lines) == 1 and last["result"] == 0 and last["name"] == "file" and last["size"] == 6'
expect 0 put --outcome tree/file b/file
json out 'len(lines) == 1 and last["result"] == 5 and last["code"] == "conflict" and "b/file" in last["error"] and "hint" in last'
expect 0 get --outcome b/nowhere file
json out 'len(lines) == 1 and last["result"] == 4 and last["code"] == "not_found"'
expect 0 put --outcome --nonsense
json out 'len(lines) == 1 and last["result"] == 2 and last["code"] == "usage"'
expect 0 frobnicate --outcome
json out 'len(lines) == 1 and last["result"] == 2'
expect 0 put --outcome --command b/fails -- sh -c 'echo no >&2; exit 1'
json out 'len(lines) == 1 and last["result"] == 1 and last["code"] == "producer"'
expect 0 ls --outcome b
json out 'last["result"] == 0 and last["count"] == 2'
# The option belongs to the command only before "--".
expect 1 put --command b/fails -- sh -c 'exit 1' --outcome

# Names that are not UTF-8 do not break the form.
printf x >"$(printf 'tree/\377')"
expect 0 put --json --tree tree b/bytes.tar.zst
json out 'last["event"] == "result"'
expect 2 get --json "$(printf 'b/\377')" x
json out 'last["event"] == "error"'

# A person's account is no JSON, and --quiet leaves nothing of it.
expect 0 ls b
says out "objects"
expect 0 rm b/bytes.tar.zst --quiet
silent out
silent err
