auditctl -s
auditctl -l
systemctl status auditd
