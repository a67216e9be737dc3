cd "${DRILL:?this is for a drill alone}" || exit
cat /var/log/ttytrace/log/000000000000.jsonl
