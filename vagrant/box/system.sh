#!/bin/sh
# vagrant/box/system.sh ROOT: make a machine of a tree of Debian's packages. mmdebstrap runs it; what
# goes in is named by TTYTRACE_TREE, TTYTRACE_KERNEL (which tests/guest/kernels.py has unpacked, in a
# folder that is named by its release) and TTYTRACE_WHEELS.
set -eu
root=$1
release=${TTYTRACE_KERNEL##*/}
# Vagrant's own public key, whose private half everybody has: the machine is reached from its host
# only.
key='ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key'

identity() {
	echo ttytrace >"$root/etc/hostname"
	printf '127.0.0.1\tlocalhost\n127.0.1.1\tttytrace\n::1\tlocalhost\n' >"$root/etc/hosts"
	echo 'LABEL=ttytrace / ext4 noatime,errors=remount-ro 0 1' >"$root/etc/fstab"
	echo LANG=C.UTF-8 >"$root/etc/default/locale"
	: >"$root/etc/machine-id"
	: >"$root/etc/resolv.conf"
	rm -f "$root/var/lib/dbus/machine-id"
}

network() {
	cat >"$root/etc/systemd/network/80-dhcp.network" <<-'CONF'
		[Match]
		Name=en* eth*

		[Network]
		DHCP=ipv4
		IPv6AcceptRA=no
		LinkLocalAddressing=no

		[DHCP]
		ClientIdentifier=mac
	CONF
}

units() {
	chroot "$root" systemctl -q enable systemd-networkd.service ssh.service
	# Nothing may reach for a network outside, wait for one, or run unasked in the midst of a test.
	chroot "$root" systemctl -q mask systemd-networkd-wait-online.service \
		systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
		e2scrub_reap.service fstrim.timer rsyslog.service
}

user() {
	home=/home/vagrant
	chroot "$root" useradd --create-home --home-dir $home --shell /bin/bash vagrant
	mkdir -m 700 "$root$home/.ssh"
	echo "$key" >"$root$home/.ssh/authorized_keys"
	chroot "$root" chown -R vagrant: $home/.ssh
	echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
	chmod 440 "$root/etc/sudoers.d/vagrant"
}

kernel() { # without the modules of hardware that no virtual machine has: half of it
	mkdir -p "$root/lib/modules"
	tar -C "$TTYTRACE_KERNEL/lib/modules" -c --exclude-from=- "$release" <<-'HARDWARE' |
		*/kernel/drivers/gpu
		*/kernel/drivers/infiniband
		*/kernel/drivers/media
		*/kernel/drivers/net/ethernet
		*/kernel/drivers/net/wireless
		*/kernel/sound
	HARDWARE
		tar -C "$root/lib/modules" -x
	for name in vmlinuz config; do # Debian 13's backports have them in the folder of the modules
		cp "$TTYTRACE_KERNEL/boot/$name-$release" "$root/boot" 2>/dev/null ||
			cp "$TTYTRACE_KERNEL/lib/modules/$release/$name" "$root/boot/$name-$release"
	done
	chroot "$root" depmod "$release"
	printf '%s\n' virtio_pci virtio_blk ext4 >>"$root/etc/initramfs-tools/modules"
	sed -i 's/^MODULES=.*/MODULES=list/' "$root/etc/initramfs-tools/initramfs.conf"
	chroot "$root" mkinitramfs -o "/boot/initrd.img-$release" "$release"
}

boot_loader() {
	mkdir -p "$root/boot/grub"
	cat >"$root/boot/grub/grub.cfg" <<-GRUB
		set timeout=0
		search --label --set=root ttytrace
		linux /boot/vmlinuz-$release root=LABEL=ttytrace ro quiet console=tty0 console=ttyS0 net.ifnames=0 mitigations=off
		initrd /boot/initrd.img-$release
		boot
	GRUB
	chroot "$root" grub-mkimage -O i386-pc -o /boot/grub/core.img -p '(hd0,msdos1)/boot/grub' \
		biosdisk part_msdos ext2 linux normal search search_label configfile boot
}

tree() { # `vagrant up` brings the tree as it is then; what .gitignore names stays from here
	cp -r "$TTYTRACE_WHEELS" "$root/opt/wheels"
	printf '[global]\nno-index = true\nfind-links = /opt/wheels\n' >"$root/etc/pip.conf"
	rsync --archive --no-owner --no-group --filter=':- .gitignore' "$TTYTRACE_TREE/" "$root/ttytrace"
	chroot "$root" make -C /ttytrace setup
	chroot "$root" sh -c 'cd /ttytrace && .venv/bin/python -m compileall -q tracer tests'
}

identity
network
units
user
kernel
boot_loader
tree
