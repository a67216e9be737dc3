#!/bin/bash
# vagrant/test.sh [KERNEL [quick|all]]: a machine comes up, is tested inside, and is destroyed; the
# exit status tells how that went. `make vagrant-test` runs it, beside a libvirtd of its own.
#
# quick  what alice, bob and carol do in their session is recorded, found and verified; then the
#        kernel tests that have to pass under each plan, as an emulated machine can run them
# all    then what `make test` runs, but for the guests, which would be machines in a machine: hours
#        where it is emulated
set -euo pipefail
cd "$(dirname "$0")"
kernel=${1:-6.1}
pytest=".venv/bin/python -m pytest -p no:cacheprovider"
case ${2:-quick} in
quick)
	minutes=30
	tests="TTYTRACE_KERNEL_TESTS=1 TTYTRACE_GUEST=1 TTYTRACE_SCALE=5 $pytest -m every_plan tests/kernel"
	;;
all)
	minutes=240
	tests="make check shellcheck && TTYTRACE_KERNEL_TESTS=1 $pytest -m \"kernel or log or screen\""
	;;
*)
	echo "usage: vagrant/test.sh [KERNEL [quick|all]]" >&2
	exit 64
	;;
esac
export VAGRANT_CHECKPOINT_DISABLE=1 VAGRANT_NO_COLOR=1
config=$(mktemp)

step() { # NAME MINUTES COMMAND...
	local began=$SECONDS rc=0
	timeout --foreground --kill-after=30 "$2m" "${@:3}" </dev/null || rc=$?
	echo "vagrant-test: $1: $((SECONDS - began)) s, status $rc"
	return $rc
}

inside() { # NAME MINUTES SHELL-COMMAND: as root, in the tree
	step "$1" "$2" ssh -F "$config" "$kernel" "sudo sh -ec 'cd /ttytrace; $3'"
}

finish() {
	rm -f "$config"
	step destroy 3 vagrant destroy --force "$kernel"
}

trap finish EXIT
trap 'exit 130' INT TERM HUP
step validate 1 vagrant validate
step up 20 vagrant --no-tty up --provider=libvirt "$kernel" 2>&1 |
	stdbuf -oL tr '\r' '\n' | { grep --line-buffered -v Progress: || :; }
vagrant ssh-config "$kernel" >"$config"
inside machine 2 "uname -r | grep \"^${kernel}[.]\"; tmux -V; systemctl is-active ttytrace team"
(cd .. && step team 10 .venv/bin/python -m tests.team "$config" "$kernel")
# Two that record would show what their emulation costs, not what they do.
inside stop 2 "systemctl stop ttytrace"
inside tests $minutes "$tests"
