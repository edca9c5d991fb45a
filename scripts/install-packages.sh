#!/bin/bash
# Installs what Debian 12 lacks to build, test and demonstrate the product; quick when nothing is missing.
# Starts no service: the servers that tests and demo need run as private instances of their own.
set -euo pipefail

packages=(
    # build
    gcc libc6-dev make cmake ninja-build pkg-config gradle openjdk-17-jdk-headless patchelf git curl ca-certificates
    libcurl4-openssl-dev libssl-dev libjansson-dev libarchive-dev libzstd-dev libdeflate-dev
    libisal-dev zlib1g-dev libxxhash-dev libexpat1-dev
    # tests and checks
    libcmocka-dev clang clang-format clang-tidy libclang-rt-14-dev python3-venv rclone zstd xxhash pigz libarchive-tools attr acl age e2fsprogs
    # nodes and what runs on them
    util-linux iproute2 procps hostname mariadb-server mariadb-backup haproxy
)

mapfile -t missing < <(
    comm -23 <(printf '%s\n' "${packages[@]}" | sort -u) \
        <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2> /dev/null | sed -n 's/^ii  *//p' | sort -u)
)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "install-packages.sh: these packages are missing: ${missing[*]}; run as root to install them" >&2
    exit 1
fi
echo "installing ${missing[*]}" >&2

log=$(mktemp) made=
trap 'rm -f "$log" ${made:+"$made"}' EXIT

# Packages of servers start them when they are installed, unless this program says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    made=$policy
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
fi
# What packages tell while they are set up is of use only when that fails.
export DEBIAN_FRONTEND=noninteractive
if ! {
    apt-get -qq update &&
        apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}"
} > "$log" 2>&1 < /dev/null; then
    tail -n 30 "$log" >&2
    echo "install-packages.sh: cannot install these packages; apt-get says why above" >&2
    exit 1
fi
