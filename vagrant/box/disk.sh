#!/bin/bash
# vagrant/box/disk.sh ROOT IMAGE GIGABYTES: a bootable disk (qcow2) of a tree that has
# boot/grub/core.img and GRUB's boot.img: one ext4 partition behind GRUB for BIOS. Nothing is
# mounted.
set -euo pipefail
root=$1 image=$2
raw=$image.raw
start=2048 # sectors
size=$(($3 * 1024 * 1024 * 2 - start))

trap 'rm -f "$raw"' EXIT
truncate -s "$3G" "$raw"
echo "label: dos
$start,$size,L,*" | sfdisk -q "$raw"
# Without a feature that GRUB of Debian 12 can't read.
mke2fs -q -t ext4 -O ^metadata_csum_seed -L ttytrace -m 1 \
	-E offset=$((start * 512)),root_owner=0:0 -d "$root" "$raw" $((size / 2))k
# boot.img loads core.img from the sector behind it: that is where it is put, and has to fit.
core=$root/boot/grub/core.img
[ "$(stat -c %s "$core")" -le $(((start - 1) * 512)) ]
dd if="$root/usr/lib/grub/i386-pc/boot.img" of="$raw" bs=440 count=1 conv=notrunc status=none
dd if="$core" of="$raw" bs=512 seek=1 conv=notrunc status=none
qemu-img convert -O qcow2 -c -o compression_type=zstd -W -m 4 "$raw" "$image"
