cd "${DRILL:?this is for a drill alone}" || exit
bpftool map delete id 12 key 1 0 0 0
bpftool link detach id 7
