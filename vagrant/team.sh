#!/bin/sh
# vagrant/team.sh: in a machine, alice, bob and carol, who come by ssh with the key that opens it for
# its own user, and share a tmux session of alice's; and `ttytrace` for everybody's PATH.
set -eu
cd "$(dirname "$0")"
keys=~vagrant/.ssh/authorized_keys

getent group team >/dev/null || groupadd team
for person in alice bob carol; do
	getent passwd $person >/dev/null || useradd --create-home --shell /bin/bash --gid team $person
	install -d -o $person -g team -m 700 /home/$person/.ssh
	install -o $person -g team -m 600 $keys /home/$person/.ssh/authorized_keys
done
echo "[ \"\$(id -gn)\" != team ] || alias tmux='tmux -S /run/team/tmux'" >/etc/profile.d/team.sh

install -m 644 team.service /etc/systemd/system/team.service
systemctl daemon-reload
systemctl enable --quiet --now team.service

ln -sf /ttytrace/.venv/bin/ttytrace /usr/local/bin/ttytrace
