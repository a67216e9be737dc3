echo '* * * * * true' | crontab -
cp ./job /etc/cron.d/job
