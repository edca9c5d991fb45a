#!/bin/bash
# The node bundle runs in a root that holds nothing else: no libraries, no shell, no /proc, no environment. Further from the
# caller's environment: BUNDLE (the archive), LAUNCHER and SOURCE, to pack it once more.
[ -n "${OWN_NETWORK:-}" ] || exec env OWN_NETWORK=1 unshare --net "$0" "$@"
. "$(dirname "$0")/test_cli_lib.sh"
ip link set lo up

(cd "$(dirname "$BUNDLE")" && sha256sum --quiet -c "$(basename "$BUNDLE").sha256") || failed "another digest"
sh "$SOURCE/cmake/node-bundle.sh" "$JPSBACKUP" "$LAUNCHER" "$work/again.tar.gz"
cmp "$BUNDLE" again.tar.gz || failed "the same inputs gave another archive"
echo "the bundle has $(stat -c %s "$BUNDLE") bytes"

mkdir -p root/opt root/store/b root/ca root/etc root/data/sub
tar -xzf "$BUNDLE" -C root/opt
ln -s ../opt/jpsbackup-node/bin/jpsbackup root/data/command
expect_in_root() { # STATUS arguments...
    local wanted=$1 status=0
    shift
    env -i "$(command -v chroot)" root /opt/jpsbackup-node/bin/jpsbackup "$@" >out 2>err || status=$?
    [ $status = "$wanted" ] || failed "'$*' in the empty root should have ended with $wanted, not $status"
}

expect_in_root 0 --version
expect_in_root 2 put
expect_in_root 0 put --store file:///store /opt/jpsbackup-node/bin/jpsbackup b/program.zst
printf x >"root/data/sub/übér"
head -c 1000000 /dev/urandom >root/data/random
expect_in_root 0 put --store file:///store --tree /data b/data.tar.zst
mkdir unpacked
zstd -qdc root/store/b/data.tar.zst | tar -x -C unpacked
same_tree root/data unpacked/data
expect_in_root 0 get --store file:///store b/data.tar.zst /data.tar --decompress
tar -tf root/data.tar >/dev/null
mkdir root/dev && mknod -m 666 root/dev/null c 1 3
# A program is started from the bundle with nothing of the bundle's in its environment.
expect_in_root 0 put --store file:///store b/version.zst --command -- /opt/jpsbackup-node/bin/jpsbackup --version
zstd -qdc <root/store/b/version.zst | grep -q '^jpsbackup ' || failed "the program's output is not there"
# Through a link, and by a relative name.
env -i "$(command -v chroot)" root /data/command --version >out || failed "not through a link"
(cd root/opt/jpsbackup-node/bin && env -i ./jpsbackup --version >/dev/null) || failed "not by a relative name"
PATH=$work/root/opt/jpsbackup-node/bin:$PATH bash -c 'jpsbackup --version' >/dev/null || failed "not by PATH"

# A store by HTTP and HTTPS, its name from the hosts file and from a name server.
printf 'AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n' >root/keys
chmod 600 root/keys
s3() { # STATUS ENDPOINT options...
    local wanted=$1 endpoint=$2
    shift 2
    expect_in_root "$wanted" ls bucket --store s3:// --tries 1 --credentials /keys --endpoint "$endpoint" "$@"
}
python3 "$tests/refusing_server.py" refuse &
wait_until test -e port
s3 6 "http://127.0.0.1:$(cat port)"
s3 7 "http://unknown.example:$(cat port)"
echo "127.0.0.1 hosts.example" >root/etc/hosts
s3 6 "http://hosts.example:$(cat port)"
python3 "$tests/name_server.py" &
wait_until test -e names
echo "nameserver 127.0.0.1" >root/etc/resolv.conf
s3 6 "http://resolved.example:$(cat port)"

openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.pem -days 2 -subj /CN=secure.example \
    -addext subjectAltName=DNS:secure.example 2>/dev/null
rm port
python3 "$tests/refusing_server.py" refuse server.pem server.key &
wait_until test -e port
s3 7 "https://secure.example:$(cat port)"
says err "hint: "
cp server.pem root/ca/trusted.pem
s3 6 "https://secure.example:$(cat port)" --ca-file /ca/trusted.pem
s3 7 "https://other.example:$(cat port)" --ca-file /ca/trusted.pem
# Where Debian and Alpine, and where Red Hat keep them.
for place in etc/ssl/certs/ca-certificates.crt etc/pki/tls/certs/ca-bundle.crt; do
    mkdir -p "root/$(dirname $place)"
    cp server.pem root/$place
    s3 6 "https://secure.example:$(cat port)"
    rm root/$place
done
