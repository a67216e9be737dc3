#!/bin/sh
# pid 1 of a guest with systemd, instead of virtme-ng's init: the root is the host's, read-only.
# Units that the host has enabled are not started; the job is one, and the guest ends with it.
set -eu

mount -t proc proc /proc
mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mkdir /run/job
mount -t 9p -o trans=virtio,version=9p2000.L job /run/job
# shellcheck disable=SC1091 # it is there in the guest
. /run/job/root.sh

# Where the host is a container itself, systemd must not take the guest for one.
rm -f /.dockerenv
mkdir -p /run/systemd/system
# They would look through all of the host's /tmp, and set a clock.
for unit in systemd-tmpfiles-setup.service systemd-timesyncd.service; do
	ln -s /dev/null "/run/systemd/system/$unit"
done
cat >/run/systemd/system/job.service <<'UNIT'
[Unit]
Description=what this guest is for
Requires=basic.target
After=basic.target

[Service]
Type=oneshot
ExecStart=sh -c 'sh /run/job/command; echo $? >/run/job/status'
ExecStopPost=sh -c 'sync; echo b >/proc/sysrq-trigger'
StandardOutput=file:/run/job/output
StandardError=inherit
TimeoutStartSec=infinity
OOMScoreAdjust=-1000
UNIT
exec /lib/systemd/systemd --unit=job.service </dev/console >/dev/console 2>&1
