mkfifo ./f2
cat ./f2 & echo data >./f2
wait
