systemctl status ttytrace
systemctl reload ttytrace
apt-get install -s ttytrace
cat /etc/ttytrace/config.toml
