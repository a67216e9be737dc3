cd "${DRILL:?this is for a drill alone}" || exit
python3 -c 'import os
fd = os.memfd_create("x")
os.write(fd, open("/bin/true", "rb").read())
os.execv(f"/proc/self/fd/{fd}", ["x"])'
