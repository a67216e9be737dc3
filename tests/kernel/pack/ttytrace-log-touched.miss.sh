cd "${DRILL:?this is for a drill alone}" || exit
ls -l /var/log/ttytrace
du -sh /var/log/ttytrace
rm /var/log/ttytrade.log
