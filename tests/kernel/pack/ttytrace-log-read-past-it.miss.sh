cd "${DRILL:?this is for a drill alone}" || exit
ls /var/log/ttytrace/log
cat /var/log/dpkg.log
