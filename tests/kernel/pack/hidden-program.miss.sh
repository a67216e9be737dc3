./bin/nc -h
bash -c true
