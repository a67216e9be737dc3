#!/bin/sh
# packaging/setup.sh live|test|matrix|vagrant: install what is missing, say nothing when nothing is.
# `live` is what a production host gets: BCC, tmux and a Python environment. `test` adds what
# the tests, the benchmarks and the guests use. No service is started, now or at the next boot.
# `vagrant` adds what virtual machines and their boxes take, and that includes libvirt's service.
# `matrix` adds what userlands of other Debian releases are made with.
# `packages` prints the Debian packages of the first two, `python` makes their environment alone.
set -eu
cd "$(dirname "$0")/.."

# python3-bpfcc is BCC. The PyPI package named bcc is an unrelated project.
LIVE_PACKAGES="python3-bpfcc python3-venv tmux"
# kmod and busybox-static: virtme-ng makes its initramfs with them; file: it reads the kernel's
# version with it; asciinema, tlog: the benchmark compares with them; openssh and sudo: people come
# to a session by them. The rest is what the tests run or compare with.
TEST_PACKAGES="asciinema bpftool bsdutils busybox-static chromium file gcc htop kmod less
	libc6-dev mc openssh-client openssh-server openssl procps qemu-system-x86 rsyslog rsyslog-gnutls
	shellcheck sudo systemd tlog tmux util-linux vim vim-tiny vttest zstd"
# The first two: Vagrant and its provider. Where systemd doesn't run, libvirt's scripts for another init
# keep apt from taking a systemd along.
VAGRANT_PACKAGES="vagrant vagrant-libvirt dnsmasq-base e2fsprogs fdisk iproute2 iptables
	libvirt-clients libvirt-daemon-system mmdebstrap qemu-system-x86 qemu-utils rsync"
[ -d /run/systemd/system ] || VAGRANT_PACKAGES="$VAGRANT_PACKAGES libvirt-daemon-system-sysv"
# While this file is there, neither Debian's unit nor its init script starts sshd.
NO_SSHD=/etc/ssh/sshd_not_to_be_run
# A unit that is masked before it is there is neither enabled nor started.
NO_RSYSLOG=/etc/systemd/system/rsyslog.service

fail() { # STATUS MESSAGE
	printf 'setup: %s\n' "$2" >&2
	exit "$1"
}

missing() { # PACKAGE...: those that are not installed
	for package; do
		state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || :
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

install_packages() { # PACKAGE...
	command -v dpkg-query >/dev/null ||
		fail 69 "this is not a Debian system: install the equivalents of: $*"
	wanted=$(missing "$@")
	[ -n "$wanted" ] || return 0
	[ "$(id -u)" -eq 0 ] ||
		fail 77 "these Debian packages are missing, and installing them needs root: ${wanted% }"
	printf 'setup: installing %s\n' "${wanted% }"
	case $wanted in
	*openssh-server*)
		mkdir -p "${NO_SSHD%/*}"
		printf '%s\n' "ttytrace's tests use sshd; remove this file to have one." >$NO_SSHD
		;;
	esac
	case " $wanted" in
	*" rsyslog "*)
		mkdir -p "${NO_RSYSLOG%/*}"
		ln -sf /dev/null $NO_RSYSLOG
		;;
	esac
	apt-get update -qq
	# shellcheck disable=SC2086 # one word a package
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -o Dpkg::Use-Pty=0 \
		--no-install-recommends $wanted >/dev/null
}

install_python() { # PIP-ARGUMENT...
	# Debian's interpreter: the only one for which Debian's BCC is made.
	[ -x .venv/bin/pip ] || /usr/bin/python3 -m venv .venv
	# pip reads [dependency-groups] from 25.1 on; Debian 12 ships 23.0.
	.venv/bin/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	.venv/bin/pip install --quiet --editable . "$@"
}

case "${1-}" in
live)
	# shellcheck disable=SC2086
	install_packages $LIVE_PACKAGES
	install_python
	;;
test)
	# shellcheck disable=SC2086
	install_packages $LIVE_PACKAGES $TEST_PACKAGES
	install_python --group dev
	;;
matrix)
	install_packages mmdebstrap
	;;
vagrant)
	# shellcheck disable=SC2086
	install_packages $VAGRANT_PACKAGES
	;;
packages)
	# shellcheck disable=SC2086
	echo $LIVE_PACKAGES $TEST_PACKAGES
	;;
python)
	install_python --group dev
	;;
*)
	fail 64 "usage: packaging/setup.sh live|test|matrix|vagrant|packages|python"
	;;
esac
