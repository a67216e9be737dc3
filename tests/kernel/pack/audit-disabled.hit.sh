cd "${DRILL:?this is for a drill alone}" || exit
auditctl -e 0
auditctl -D
systemctl stop auditd
pkill auditd
