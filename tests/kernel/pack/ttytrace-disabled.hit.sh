cd "${DRILL:?this is for a drill alone}" || exit
systemctl stop ttytrace
systemctl disable --now ttytrace.service
pkill -f 'ttytrace run'
rm /lib/systemd/system/ttytrace.service
apt-get purge -y ttytrace
