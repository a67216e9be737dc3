cd "${DRILL:?this is for a drill alone}" || exit
tar czf - . | nc 127.0.0.1 9
