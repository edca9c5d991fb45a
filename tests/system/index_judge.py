"""Compares an index of an archive's members with what Python's own reader of tar finds: index_judge.py ARCHIVE INDEX."""
import base64
import json
import os
import subprocess
import sys
import tarfile

archive, index = sys.argv[1:]
KINDS = {tarfile.REGTYPE: 'file', tarfile.LNKTYPE: 'hardlink', tarfile.SYMTYPE: 'symlink', tarfile.CHRTYPE: 'character',
         tarfile.BLKTYPE: 'block', tarfile.DIRTYPE: 'directory', tarfile.FIFOTYPE: 'fifo'}


def plain(path):
    return subprocess.run(['zstd', '-dcq', path], check=True, stdout=subprocess.PIPE).stdout


def name(line, member):
    if member + '_base64' in line:
        assert member not in line
        return base64.b64decode(line[member + '_base64'], validate=True)
    return line[member].encode() if member in line else None


lines = [json.loads(line) for line in plain(index).decode().splitlines()]
first, last = lines[0], lines[-1]
members = [line for line in lines if 'offset' in line]
frames = [line['frame'] for line in lines if 'frame' in line]
assert first['format'] == 'jpsbackup-index-2', first
assert first['archive'] == os.path.basename(archive), first
assert last == {'members': len(members), 'frames': len(frames)}, last

with open('judged.tar', 'wb') as file:
    file.write(plain(archive))
with tarfile.open('judged.tar', errors='surrogateescape') as tar:
    found = list(tar)
assert len(found) == len(members), (len(found), len(members))
end = 0
for entry, line in zip(found, members):
    path = name(line, 'path')
    assert os.fsencode(entry.name) == path, (entry.name, line)
    assert KINDS[entry.type] == line['type'], line
    assert line['offset'] == end, line
    end = line['end']
    # Python's offset is that of the last header block or of the extended one before it, by version.
    assert line['offset'] <= entry.offset < entry.offset_data <= end, (entry.offset, entry.offset_data, line)
    assert (entry.mode, entry.uid, entry.gid) == (int(line['mode'], 8), line['uid'], line['gid']), line
    assert (entry.uname, entry.gname) == (line.get('user', ''), line.get('group', '')), line
    assert abs(float(entry.mtime) - float(line['mtime'])) < 1e-6, (entry.mtime, line)
    if entry.isreg():
        assert entry.size == line['size'], line
    if entry.islnk() or entry.issym():
        assert os.fsencode(entry.linkname) == name(line, 'link'), line
assert end + 1024 <= os.path.getsize('judged.tar')

with open(archive, 'rb') as file:
    for plain_bytes, packed_bytes, digest in frames:
        packed = file.read(packed_bytes)
        assert subprocess.run(['xxh128sum'], input=packed, check=True, stdout=subprocess.PIPE).stdout.split()[0] == digest.encode()
        alone = subprocess.run(['zstd', '-dcq'], input=packed, check=True, stdout=subprocess.PIPE).stdout
        assert len(alone) == plain_bytes
assert sum(frame[0] for frame in frames) == os.path.getsize('judged.tar')
os.remove('judged.tar')
print(len(members), 'members', len(frames), 'frames')
