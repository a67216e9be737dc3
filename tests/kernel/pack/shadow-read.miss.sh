cd "${DRILL:?this is for a drill alone}" || exit
ls -l /etc/shadow
stat -c %a /etc/shadow
cat /etc/passwd
grep -c root /etc/shadow
