cd "${DRILL:?this is for a drill alone}" || exit
systemctl enable --now nginx
systemctl status ssh
systemd-run --scope make
