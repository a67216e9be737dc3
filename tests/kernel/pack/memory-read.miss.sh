head -n 1 /proc/self/maps
cat /proc/meminfo
head -n 1 /proc/self/status
