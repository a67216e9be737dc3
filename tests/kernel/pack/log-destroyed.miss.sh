cd "${DRILL:?this is for a drill alone}" || exit
rm -f /var/log/app/debug.log.1
truncate -s 0 ./app.log
tail -n 1 /var/log/dpkg.log
