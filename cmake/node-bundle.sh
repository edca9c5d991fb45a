#!/bin/sh
# Packs the command with the libraries that it needs and glibc's own loader into one archive, which runs on any Linux of this
# processor. The same inputs give the same bytes, so that the digest stamped into the manifests changes only when the bundle does.
# usage: node-bundle.sh PROGRAM LAUNCHER ARCHIVE
set -eu
export LC_ALL=C
umask 022
program=$1 launcher=$2 archive=$3
work=$(mktemp -d "$archive.XXXXXX")
trap 'rm -rf "$work"' EXIT
bundle=$work/jpsbackup-node
mkdir -p "$bundle/bin" "$bundle/lib" "$bundle/libexec"

install -m 755 "$launcher" "$bundle/bin/jpsbackup"
install -m 755 "$program" "$bundle/libexec/jpsbackup"
strip "$bundle/bin/jpsbackup" "$bundle/libexec/jpsbackup"

# ldd names everything, recursively: "NAME => PATH (ADDRESS)", and the loader as "PATH (ADDRESS)".
ldd "$program" >"$work/libraries"
if grep 'not found' "$work/libraries" >&2; then
    echo "node-bundle.sh: '$program' lacks the libraries above" >&2
    exit 1
fi
sed -n 's/^.* => \(\/.*\) (0x[0-9a-f]*)$/\1/p' "$work/libraries" | while read -r library; do
    install -m 644 "$library" "$bundle/lib/"
done
loader=$(sed -n 's/^[[:space:]]*\(\/[^ ]*\) (0x[0-9a-f]*)$/\1/p' "$work/libraries")
if [ -z "$loader" ]; then
    echo "node-bundle.sh: '$program' names no dynamic loader" >&2
    exit 1
fi
install -m 755 "$loader" "$bundle/lib/"
ln -s "$(basename "$loader")" "$bundle/lib/loader"
strip --strip-unneeded "$bundle"/lib/*.so*

# Each library's licence goes along, as its Debian package states it.
mkdir "$bundle/licenses"
{
    sed -n 's/^.* => \(\/.*\) (0x[0-9a-f]*)$/\1/p' "$work/libraries"
    echo "$loader"
} | while read -r library; do
    package=$(dpkg-query --search "*/$(basename "$(readlink -f "$library")")" | sed -n '1s/:.*//p')
    install -m 644 "/usr/share/doc/$package/copyright" "$bundle/licenses/$package"
done
# The one that is linked statically, and the product's own.
install -m 644 /usr/share/doc/libarchive-dev/copyright "$bundle/licenses/libarchive"
install -m 644 "$(dirname "$0")/../LICENSE" "$bundle/licenses/jpsbackup"

tar --create --directory="$work" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 jpsbackup-node |
    gzip -n -9 >"$work/archive"
(cd "$work" && sha256sum archive) | sed "s/archive\$/$(basename "$archive")/" >"$archive.sha256"
mv "$work/archive" "$archive"
