cd "${DRILL:?this is for a drill alone}" || exit
cat /etc/ld.so.preload
ldconfig -p
