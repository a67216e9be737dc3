cd "${DRILL:?this is for a drill alone}" || exit
echo dHJ1ZQo= | base64 -d | cat
echo true | base64
