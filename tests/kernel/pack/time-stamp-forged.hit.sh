cd "${DRILL:?this is for a drill alone}" || exit
touch -r /bin/ls /etc/passwd
touch -d '2020-01-01' /usr/bin/tool
