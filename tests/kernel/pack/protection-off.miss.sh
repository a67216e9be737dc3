iptables -L -n
ufw status
systemctl status firewalld
