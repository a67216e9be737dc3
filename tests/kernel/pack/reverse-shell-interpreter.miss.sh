cd "${DRILL:?this is for a drill alone}" || exit
python3 -c 'import socket; print(socket.gethostname())'
python3 -c 'import subprocess; subprocess.run(["/bin/sh", "-c", "true"])'
perl -e 'print "a\n"'
