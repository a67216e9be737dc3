cd "${DRILL:?this is for a drill alone}" || exit
strace -f -e trace=read,write -p 1234
