cd "${DRILL:?this is for a drill alone}" || exit
grep -r stratum+tcp:// .
ls xmrig
