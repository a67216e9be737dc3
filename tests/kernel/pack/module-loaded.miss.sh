cd "${DRILL:?this is for a drill alone}" || exit
modprobe loop
lsmod
