crontab -l
crontab -e
ls /etc/cron.d
