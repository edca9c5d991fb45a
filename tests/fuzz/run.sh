#!/bin/bash
# Runs one fuzzer from its seeds: run.sh PROGRAM SECONDS CHANCE. What it finds stays beside the program. With the same seeds
# the same CHANCE goes the same way; 0 goes another each time. scripts/test --full goes new ways, ten times as long.
set -euo pipefail
program=$1 seconds=$2 chance=$3
[ -z "${JPSBACKUP_TEST_FULL:-}" ] || { seconds=$((10 * seconds)) && chance=0; }
name=$(basename "$program"); name=${name#fuzz_}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/seeds" "$work/new"
[ ! -d "$here/corpus/$name" ] || cp "$here/corpus/$name"/* "$work/seeds"

# Seeds that are not text are made here by other programs.
mkdir -p "$work/tree/folder"
printf 'some text\n' > "$work/tree/folder/file"
ln -s file "$work/tree/folder/link"
ln "$work/tree/folder/file" "$work/tree/folder/hard"
head -c 3000 /dev/zero > "$work/tree/sparse"
touch "$work/tree/$(printf 'long%.0s' {1..40})"
find "$work/tree" -exec touch -h -d @1000000000 {} +
case $name in
age)
    for count in 0 10 70000; do
        { printf 0; head -c $count /dev/zero | age -r age1fy9vsfqvzwty8l6thwxt6z4twzsy777gwkg3pwsgqkep6q7x5cnqjlfwka; } > "$work/seeds/of-$count"
    done
    { printf 0; printf '%s' x | age -r age199lyy8k8cwf7ntnw2nwxeepjwyqe5m6vxy87cuq0n49cvtepwdzsnphhn3; } > "$work/seeds/other"
    printf '0age-encryption.org/v1\n-> scrypt QkJCQkJCQkJCQkJCQkJCQg 10\nQUFB\n--- QUFB\n' > "$work/seeds/scrypt"
    printf '1abcsome text' > "$work/seeds/changed" ;;
tar)
    for form in gnu pax ustar; do tar --format=$form -C "$work" -cf "$work/seeds/$form" tree 2> /dev/null || :; done
    tar --format=gnu --sparse -C "$work" -cf "$work/seeds/sparse" tree ;;
gzip)
    gzip -c "$work/tree/folder/file" > "$work/seeds/name"
    gzip -nc < "$here/run.sh" > "$work/seeds/matches"
    cat "$work/seeds/name" "$work/seeds/name" > "$work/seeds/two" ;;
decompressor)
    zstd -q -c "$work/tree/folder/file" > "$work/seeds/zstd"
    gzip -c "$work/tree/folder/file" > "$work/seeds/gzip"
    cat "$work/seeds/gzip" "$work/seeds/gzip" > "$work/seeds/two"
    # Frames with their size, without it, and what is skipped.
    zstd -q -c < "$work/tree/folder/file" > "$work/seeds/no_size"
    printf '\x5e\x2a\x4d\x18\x02\x00\x00\x00ab' > "$work/seeds/skipped"
    cat "$work"/seeds/{zstd,zstd,no_size,skipped,zstd} > "$work/seeds/frames" ;;
index) # a directory, a file and links, with what the archive's description says before them
    python3 - "$work/seeds/index" << 'P'
import sys
line = '{"path":"r%s","type":"%s","offset":%d,"end":%d,"size":3,"mode":"0644","uid":0,"gid":0,"user":"u","mtime":"-1.500000000"%s}\n'
members = [('', 'directory', ''), ('/a', 'file', ''), ('/d', 'directory', ''), ('/d/h', 'hardlink', ',"link":"r/a"'),
           ('/d/i', 'hardlink', ',"link":"r/a"'), ('/f', 'symlink', ',"link_base64":"/w=="')]
text = '{"format":"jpsbackup-index-%d","archive":"a","root":"r"}\n'
text += ''.join(line % (path, kind, i * 512, i * 512 + 512, more) for i, (path, kind, more) in enumerate(members))
for form, size in (1, 32), (2, 16):
    frames = ''.join('{"frame":[2048,100,"%s"]}\n' % (digits * size) for digits in ('00', '11'))
    with open(f'{sys.argv[1]}{form}', 'wb') as file:
        file.write(bytes([6, 8]) + (text.replace('%d', str(form)) + frames + '{"members":6,"frames":2}\n').encode())
P
    ;;
qpress) # mariabackup's own, whole and from its unit on
    sed -n 's/^ *"\([0-9a-f]\{90,\}\)";*$/\1/p' "$here/../native/test_qpress.c" | python3 -c 'import sys
sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' > "$work/seeds/file"
    tail -c +56 "$work/seeds/file" > "$work/seeds/unit" ;;
esac
"$program" -seed="$chance" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=20000 -print_final_stats=1 \
    -artifact_prefix="$(dirname "$program")/$name-" "$work/new" "$work/seeds" > "$work/log" 2>&1 || { tail -n 40 "$work/log"; exit 1; }
grep -E 'number_of_executed_units|new_units_added' "$work/log"
