systemctl enable --now nginx
systemctl status ssh
systemd-run --scope make
