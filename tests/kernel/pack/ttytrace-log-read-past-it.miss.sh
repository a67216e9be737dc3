ls /var/log/ttytrace/log
cat /var/log/dpkg.log
