iptables -F
setenforce 0
ufw disable
systemctl stop firewalld
