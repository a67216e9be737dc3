cd "${DRILL:?this is for a drill alone}" || exit
head -c 0 /etc/shadow
cp /etc/shadow ./hashes
