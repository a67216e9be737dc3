#!/bin/sh
# What a guest runs after virtme-ng's own init, as root, with the job's folder at /run/job.
set -eu

# shellcheck disable=SC1091 # it is there in the guest
. /run/job/root.sh
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf

status=0
setsid sh /run/job/command </dev/null >/run/job/output 2>&1 || status=$?
echo "$status" >/run/job/status
