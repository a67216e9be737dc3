#!/bin/bash
# vagrant/with-libvirtd.sh COMMAND [ARGUMENT...]: run a command, perhaps an interactive bash, beside a
# libvirtd of its own, whether or not this host has one. Needs root.
#
# The command, libvirtd, its dnsmasq and every machine are in namespaces (network, mounts, processes)
# made for them. So the machines reach nothing outside; the host's network, firewall and /etc/libvirt
# stay as they are; and when the command ends, or this script, however it ends, so does all the rest.
# What they wrote is removed then, but for logs of the consoles and of libvirtd.
set -euo pipefail
state=/var/tmp/ttytrace-libvirt

# Not the terminal's signals, but the command's answer to them ends it: hence the default ones for
# the command, which bash would have ignore them.
run() { # COMMAND...: its status, after it has ended
	local rc=0
	"$@" <&0 &
	trap 'kill -KILL $!' TERM HUP
	trap : INT
	wait $! || rc=$?
	while kill -0 $! 2>/dev/null; do rc=0; wait $! || rc=$?; done
	return $rc
}

directories() {
	rm -rf --one-file-system "${state:?}"/*
	mkdir -p "$state"/{lib/images,log,vagrant,home,tmp} /{var/lib,var/log,run,etc}/libvirt
	mount --bind "$state/lib" /var/lib/libvirt
	mount --bind "$state/log" /var/log/libvirt
	mount -t tmpfs -o mode=755 tmpfs /run/libvirt
	mount -t tmpfs -o mode=755 tmpfs /etc/libvirt
}

settings() { # QEMU as root; no cgroups, security driver or virtlogd, which a container may not have
	cat >/etc/libvirt/qemu.conf <<-'CONF'
		user = "root"
		group = "root"
		security_driver = "none"
		namespaces = [ ]
		cgroup_controllers = [ ]
		remember_owner = 0
		stdio_handler = "file"
	CONF
	cat >/etc/libvirt/libvirtd.conf <<-CONF
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		unix_sock_rw_perms = "0700"
		log_outputs = "3:file:$state/log/libvirtd.log"
	CONF
}

daemon() {
	libvirtd </dev/null &
	disown # bash shall not tell how it ends
	until virsh --quiet --connect qemu:///system uri >/dev/null 2>&1; do
		kill -0 $! || { cat "$state/log/libvirtd.log" >&2; exit 70; }
		sleep 0.1
	done
}

# Called when nothing but this process, the first of its namespace, has to live on.
finish() {
	kill -KILL -1 2>/dev/null || :
	rm -rf --one-file-system "${state:?}"/{lib,vagrant,home,tmp}
}

[ $# -gt 0 ] || { echo "usage: vagrant/with-libvirtd.sh COMMAND [ARGUMENT...]" >&2; exit 64; }
if [ "${TTYTRACE_LIBVIRT:-}" != inside ]; then
	mkdir -p "$state"
	exec 9<"$state"
	flock --nonblock 9 || { echo "with-libvirtd: another one runs" >&2; exit 75; }
	export TTYTRACE_LIBVIRT=inside
	run setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child=TERM \
		--mount-proc "$0" "$@"
	exit
fi
unset TTYTRACE_LIBVIRT
trap finish EXIT
trap 'exit 143' TERM HUP
mount -t sysfs sysfs /sys # of the new network namespace
ip link set lo up
directories
settings
daemon
export VAGRANT_HOME=$state/home VAGRANT_DOTFILE_PATH=$state/vagrant TMPDIR=$state/tmp
export TTYTRACE_CONSOLE=$state/log
run env --default-signal=INT,QUIT "$@"
