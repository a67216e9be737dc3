#!/bin/bash
# vagrant/build-box.sh [KERNEL]: make vagrant/boxes/KERNEL.box, for Vagrant's libvirt provider, and
# its catalog KERNEL.json, which the Vagrantfile reads. Needs root, Debian 12 and its archive, and
# PyPI; no KVM, no loop device, no daemon, no other box.
#
# In it are Debian 12 with a kernel of boxes.toml, every Debian package that the tests use, this
# tree's Python environment, and the wheels that it was made from: a machine of it needs no network.
set -euo pipefail
umask 022
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."

kernel=${1:-6.1}
boxes=$PWD/vagrant/boxes
gigabytes=8 # of the disk, which takes only what is in it
# The machine's own; make, rsync and git are what the tree needs before it can set itself up.
machine="systemd systemd-sysv dbus libpam-systemd udev kmod initramfs-tools grub-pc-bin
	ca-certificates e2fsprogs git iproute2 less make openssh-server procps rsync sudo"

say() { printf 'build-box: %3d s: %s\n' "$SECONDS" "$*"; }

mkdir -p "$boxes"
work=$(mktemp -d "$boxes/.work.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' INT TERM HUP

packaging/setup.sh vagrant
make --silent setup

say "the kernel $kernel"
unpacked=$(.venv/bin/python -c 'import sys; from tests.guest import kernels as k
print(k.fetch(k.boxes()[sys.argv[1]]).modules.parents[2])' "$kernel")

say "wheels"
wheels=$PWD/.cache/wheels
rm -rf "$wheels"
# The last two build our own package, the first one is what setup.sh asks for.
.venv/bin/pip wheel --quiet --quiet --disable-pip-version-check --wheel-dir "$wheels" \
	--group dev 'pip>=25.1' . hatchling editables
rm "$wheels"/ttytrace-*

say "Debian's packages, and ${unpacked##*/}"
packages=$(echo "$machine" "$(packaging/setup.sh packages)" | tr -s '[:space:]' ,)
export TTYTRACE_TREE=$PWD TTYTRACE_KERNEL=$unpacked TTYTRACE_WHEELS=$wheels
# shellcheck disable=SC2016 # for mmdebstrap's shell
mmdebstrap --quiet --variant=minbase --mode=root \
	--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
	--include="${packages%,}" --customize-hook='"$TTYTRACE_TREE/vagrant/box/system.sh" "$1"' \
	bookworm "$work/root" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

say "a disk of $(du -sh "$work/root" | cut -f1)"
vagrant/box/disk.sh "$work/root" "$work/box.img" $gigabytes

say "the box"
cat >"$work/metadata.json" <<JSON
{"provider": "libvirt", "format": "qcow2", "virtual_size": $gigabytes}
JSON
echo 'Vagrant.configure("2") {}' >"$work/Vagrantfile"
tar -C "$work" -cf "$work/box" metadata.json Vagrantfile box.img
mv "$work/box" "$boxes/$kernel.box"
# A version of its own for each build: libvirt's pool keeps what was uploaded by its version.
cat >"$boxes/$kernel.json" <<JSON
{"name": "ttytrace/$kernel", "versions": [{"version": "$(date -u +%Y%m%d.%H%M%S)",
  "providers": [{"name": "libvirt", "url": "file://$boxes/$kernel.box"}]}]}
JSON
say "$boxes/$kernel.box, $(du -h "$boxes/$kernel.box" | cut -f1)"
