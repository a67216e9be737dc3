cd "${DRILL:?this is for a drill alone}" || exit
dd if=/proc/1234/mem of=./dump bs=1 count=64
head -c 0 /proc/self/mem
