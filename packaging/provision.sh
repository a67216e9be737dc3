#!/bin/sh
# packaging/provision.sh: have this tree record what happens in tmux on this Debian 12, as a service,
# from now on and after each boot. Needs root, and the tree below /opt or wherever else nobody but
# root can write. Done again, it does what is missing. Vagrant's machines are made by it, too.
set -eu
cd "$(dirname "$0")/.."

command -v make >/dev/null || {
	apt-get update -qq
	apt-get install -qq --no-install-recommends make
}
make --silent .venv/.setup-live
# The service may not write here, so it would compile anew at each start.
.venv/bin/python -m compileall -q tracer
.venv/bin/ttytrace install --now
