cd "${DRILL:?this is for a drill alone}" || exit
head -n 1 /proc/self/maps
cat /proc/meminfo
head -n 1 /proc/self/status
