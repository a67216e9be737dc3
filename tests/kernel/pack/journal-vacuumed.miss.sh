cd "${DRILL:?this is for a drill alone}" || exit
journalctl --vacuum-time=14d
journalctl --vacuum-size=500M
journalctl -u ssh
