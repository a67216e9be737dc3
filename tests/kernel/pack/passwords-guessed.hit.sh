cd "${DRILL:?this is for a drill alone}" || exit
for _ in 1 2 3 4 5; do
	echo wrong | setpriv --reuid nobody --regid nogroup --clear-groups su root -c true 2>&1 &
	sleep 0.5 # one record has equal rows once
done
wait
