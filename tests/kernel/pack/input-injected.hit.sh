cd "${DRILL:?this is for a drill alone}" || exit
python3 -c 'import fcntl, os, termios
fd = os.open("/dev/tty", os.O_RDWR)
try: fcntl.ioctl(fd, termios.TIOCSTI, b" ")
except OSError as error: print(error)'
