cd "${DRILL:?this is for a drill alone}" || exit
iptables -L -n
ufw status
systemctl status firewalld
