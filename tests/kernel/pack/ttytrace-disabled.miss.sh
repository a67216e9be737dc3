cd "${DRILL:?this is for a drill alone}" || exit
systemctl status ttytrace
systemctl reload ttytrace
apt-get install -s ttytrace
cat /etc/ttytrace/config.toml
