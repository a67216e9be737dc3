cd "${DRILL:?this is for a drill alone}" || exit
find / -maxdepth 1 -perm -4000
bash ./linpeas.sh -q
