cd "${DRILL:?this is for a drill alone}" || exit
touch ./stamp
touch -r ./a ./b
touch /etc/stamp
