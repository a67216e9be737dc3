cd "${DRILL:?this is for a drill alone}" || exit
systemctl enable --now /tmp/x.service
systemd-run --on-calendar=hourly ./x
