# First program of a node, run by LocalNode in new mount, UTS, IPC, network and PID namespaces.
# usage: init.sh NODE_DIR HOSTNAME ADDRESS/PREFIX    (standard output: "up" and "ready"; standard input: "go")
#
# It says "up" once its process can be found again, waits until the host has given it eth0, makes the node's root
# out of NODE_DIR/root, moves into it and stays as the node's process 1.
set -euo pipefail
node=$1 name=$2 address=$3
exec 3>>"$node/log"
exec 2>&3

# The host's procfs is still the visible one: this is the pid by which the host knows us. The start time tells
# us from a later process with the same number.
read -r stat < /proc/self/stat
fields=(${stat##*) })
printf '%s %s\n' "${stat%% *}" "${fields[19]}" > "$node/pid.new"
mv "$node/pid.new" "$node/pid"
echo up
# End of file: whoever started us died before the node was whole.
read -r go && [ "$go" = go ]

ip -batch - <<IP
link set lo up
addr add $address dev eth0
link set eth0 up
IP
hostname "$name"

# The root is a plain directory on the host's disk, so every directory in it can be renamed. Being its own mount
# makes it fit for pivot_root; nodev keeps a device file made in it from reaching the host's disks.
mount --bind "$node/root" "$node/root"
mount -o remount,bind,nodev "$node/root"
cd "$node/root"
mount --bind /usr usr
mount -o remount,bind,ro,nodev usr
mount --bind "$node/usr-local" usr/local
mount -o remount,bind,nodev usr/local
mount --bind "$node/programs" .jpsrun
mount -o remount,bind,ro .jpsrun
mount --bind "$node/programs/service" usr/sbin/service
mount -o remount,bind,ro usr/sbin/service
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 dev dev
for device in null zero full random urandom tty; do
    : > dev/$device
    mount --bind /dev/$device dev/$device
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 pts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs -o mode=755 run run
mkdir -m 1777 run/lock
mkdir -m 755 run/mysqld run/haproxy

# Shared mounts are made after the change of root: a link inside the node cannot lead their targets to the host.
pivot_root . mnt
cd /
chown mysql:mysql run/mysqld
chown haproxy:haproxy run/haproxy
while IFS= read -r -d '' source && IFS= read -r -d '' target; do
    mkdir -p "$target"
    mount --bind "/mnt$source" "$target"
done < "/mnt$node/mounts"
umount -l /mnt

echo ready
exec 0</dev/null 1>&3 3>&-
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set "$(< /.jpsrun/bounding-set)" /bin/bash /.jpsrun/wait
