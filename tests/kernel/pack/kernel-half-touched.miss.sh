cd "${DRILL:?this is for a drill alone}" || exit
bpftool prog show
bpftool map dump id 12
