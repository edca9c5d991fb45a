#!/usr/bin/env python3
"""Reads a file in zstd's seekable format by its table alone, from the end on, with `zstd` for each entry: seekable_judge.py
FILE writes the plain bytes; seekable_judge.py FILE OFFSET COUNT only those, and reads no frame that does not hold them."""
import struct
import subprocess
import sys

with open(sys.argv[1], 'rb') as file:
    size = file.seek(0, 2)
    file.seek(size - 9)
    count, descriptor, magic = struct.unpack('<IBI', file.read(9))
    assert magic == 0x8F92EAB1 and descriptor == 0, 'no footer'
    table_at = size - 9 - 8 * count - 8
    file.seek(table_at)
    magic, length = struct.unpack('<II', file.read(8))
    assert magic == 0x184D2A5E and length == 8 * count + 9, 'no skippable frame'
    entries = [struct.unpack('<II', file.read(8)) for _ in range(count)]
    assert sum(packed for packed, _ in entries) == table_at, 'the table does not end where the frames do'

    plain_bytes = sum(plain for _, plain in entries)
    begin = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    end = begin + int(sys.argv[3]) if len(sys.argv) > 3 else plain_bytes
    at = plain_at = 0
    for packed, plain in entries:
        if plain_at < end and plain_at + plain > begin:
            file.seek(at)
            content = subprocess.run(['zstd', '-dqc'], input=file.read(packed), stdout=subprocess.PIPE, check=True).stdout
            assert len(content) == plain, 'an entry tells a wrong size'
            sys.stdout.buffer.write(content[max(0, begin - plain_at):end - plain_at])
        at += packed
        plain_at += plain
