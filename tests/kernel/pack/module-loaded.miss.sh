modprobe loop
lsmod
