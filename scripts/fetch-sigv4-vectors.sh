#!/bin/sh
# Fetches AWS's test suite for Signature Version 4 into DIR/aws4_testsuite. It lies in the source package of botocore
# (Apache-2.0), which this project does not hold. Does nothing where it is there already.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
version=1.35.0
directory=$1
[ ! -e "$directory/aws4_testsuite/.complete-$version" ] || exit 0

mkdir -p "$directory"
scratch=$(mktemp -d "$directory/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# pip builds the package's metadata, for which it wants setuptools; it keeps all of that to itself.
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" --quiet --disable-pip-version-check download --no-deps --no-binary :all: \
    --dest "$scratch" "botocore==$version"
suite=botocore-$version/tests/unit/auth/aws4_testsuite
tar -xzf "$scratch/botocore-$version.tar.gz" -C "$scratch" "$suite"
touch "$scratch/$suite/.complete-$version"
rm -rf "$directory/aws4_testsuite"
mv "$scratch/$suite" "$directory/aws4_testsuite"
