ls -l /var/log/ttytrace
du -sh /var/log/ttytrace
rm /var/log/ttytrade.log
