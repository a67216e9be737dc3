bpftool prog show
bpftool map dump id 12
