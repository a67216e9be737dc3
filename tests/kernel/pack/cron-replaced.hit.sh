cd "${DRILL:?this is for a drill alone}" || exit
echo '* * * * * true' | crontab -
cp ./job /etc/cron.d/job
