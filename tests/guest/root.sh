#!/bin/sh
# The root of a guest, from its host's: sourced where /run is a tmpfs, and the job's folder is at
# /run/job.
#
# virtme-ng mounts the host's files without a cache, so each page of a library is asked for again
# (import bcc: 11 s). Here the same files are mounted once more with one, below a tmpfs that takes
# all writes, and become the root: everything is as on the host, and nothing reaches it. A job may
# have another userland; then that is the root, and the host's repository is put into it.
set -eu

mkdir /run/host /run/writes /run/root
mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 host /run/host
mount -t tmpfs -o size=75% writes /run/writes

writable() { # FROM TO: the files of FROM, and a place for changes
	changes=$(mktemp -d /run/writes/XXXXXX)
	mkdir "$changes/upper" "$changes/work"
	mount -t overlay -o "lowerdir=$1,upperdir=$changes/upper,workdir=$changes/work" files "$2"
}

if [ -L /run/job/userland ]; then
	userland=/run/host$(readlink /run/job/userland) repository=$(readlink /run/job/repository)
	writable "$userland/files" /run/root
	mkdir -p "/run/root$repository"
	writable "/run/host$repository" "/run/root$repository"
	mount --bind "$userland/venv" "/run/root$repository/.venv"
else
	writable /run/host /run/root
fi

cd /run/root
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 run run
mkdir run/job run/virtme run/lock
mount --move /run/job run/job
pivot_root . run/virtme
umount --lazy /run/virtme
rmdir /run/virtme
mkdir -p /lib/modules
ln -s "$(readlink /run/job/modules)" "/lib/modules/$(uname -r)"

# Only here: on a host these packages would install a service. Folders that are symbolic links
# on the host (/sbin, /lib) stay such.
for package in /run/job/extras/*.deb; do
	[ -e "$package" ] || continue
	dpkg-deb --fsys-tarfile "$package" | tar --extract --keep-directory-symlink --directory /
done
