cd "${DRILL:?this is for a drill alone}" || exit
find . -name '*.py' -perm -u+x
find / -maxdepth 1 -name etc
