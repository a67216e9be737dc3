cd "${DRILL:?this is for a drill alone}" || exit
crontab -l
crontab -e
ls /etc/cron.d
