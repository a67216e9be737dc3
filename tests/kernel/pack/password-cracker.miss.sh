cd "${DRILL:?this is for a drill alone}" || exit
cat ./john
ls hashcat
