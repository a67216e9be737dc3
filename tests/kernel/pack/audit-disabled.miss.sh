cd "${DRILL:?this is for a drill alone}" || exit
auditctl -s
auditctl -l
systemctl status auditd
