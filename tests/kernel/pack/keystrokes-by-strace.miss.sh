cd "${DRILL:?this is for a drill alone}" || exit
strace -p 1234
strace -e trace=read ls
