cd "${DRILL:?this is for a drill alone}" || exit
for _ in 1 2 3 4 5 6 7 8 9 10; do
	ssh lab uptime
done
