#!/bin/bash
# What is compressed: judged by zstd and gzip, and by a reader that knows the seekable format and nothing of us.
. "$(dirname "$0")/test_cli_lib.sh"

# 20 MiB that shrink, 13 that do not.
python3 - <<'P'
import random
r = random.Random(5)
with open('plain', 'wb') as file:
    while file.tell() < 20 << 20:
        file.write(b'%x line of text\n' % r.getrandbits(24))
    file.truncate(20 << 20)
    file.seek(20 << 20)
    file.write(r.randbytes((13 << 20) + 77))
P
plain=$(stat -c %s plain)
part() { tail -c +$(($1 + 1)) plain | head -c "$2"; }
for level in 1 9; do
    expect 0 put --make-bucket plain "b/$level.zst" --level $level
    file=store/b/$level.zst
    zstd -qt "$file" || failed "zstd does not take it"
    zstd -qdc "$file" | cmp - plain
    zstd -lv "$file" >list
    says list "Check: XXH64"
    says list "Frames: 9"
    python3 "$tests/seekable_judge.py" "$file" | cmp - plain
    for place in "0 1" "$((4 << 20)) 1" "$(((4 << 20) - 1)) 2" "9000000 9000000" "$((plain - 1)) 1"; do
        # shellcheck disable=SC2086
        python3 "$tests/seekable_judge.py" "$file" $place | cmp - <(part $place) || failed "another range at $place"
    done
    # Bytes that do not shrink take no more than their own length and what surrounds them.
    [ "$(stat -c %s "$file")" -lt $((20 * 600 * 1024 + 13 * 1024 * 1024 + 4096)) ] || failed "$file is too large"
done
