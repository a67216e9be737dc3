#!/bin/sh
# enter.sh HOME REPO [PATH...] -- COMMAND...: a command on this host with a userland's files.
#
# Started in a mount namespace of its own. Kernel, processes and network are the host's; so are the
# repository, at its own place but with the userland's .venv in it, and each PATH. What is written
# elsewhere goes to a tmpfs, which ends with the last process.
set -eu

home=$1 repo=$2
shift 2

bind() { # PATH
	if [ -d "$1" ]; then
		mkdir -p "root$1"
	else
		mkdir -p "root${1%/*}"
		[ -e "root$1" ] || : >"root$1"
	fi
	mount --rbind "$1" "root$1"
}

mount -t tmpfs -o mode=755 userland "$home/mnt"
cd "$home/mnt"
mkdir upper work root
mount -t overlay -o "lowerdir=$home/files,upperdir=upper,workdir=work" userland root
bind "$repo"
mount -t tmpfs -o mode=755 run root/run
mkdir root/run/lock root/run/host
for path in /proc /sys /dev; do bind "$path"; done
while [ "$1" != -- ]; do
	bind "$1"
	shift
done
shift
if [ -d "$home/venv" ]; then
	mount --bind "$home/venv" "root$repo/.venv"
	mount -o remount,bind,ro "root$repo/.venv"
else
	mount -t tmpfs venv "root$repo/.venv" # where it is made
fi

cd root
pivot_root . run/host
umount --lazy /run/host
rmdir /run/host
cd "$repo"
exec "$@"
