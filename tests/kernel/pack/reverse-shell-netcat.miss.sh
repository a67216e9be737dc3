cd "${DRILL:?this is for a drill alone}" || exit
nc -zv 127.0.0.1 22
nc -l -p 9000
ncat --sh-exec 'cat index.html' -l 8080
