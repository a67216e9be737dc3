cd "${DRILL:?this is for a drill alone}" || exit
python3 -c 'import fcntl, os, termios
fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), termios.TIOCGWINSZ, b"12345678")'
