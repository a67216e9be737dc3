cd "${DRILL:?this is for a drill alone}" || exit
sleep 60 &
python3 -c 'import ctypes, sys
sys.exit(ctypes.CDLL(None).ptrace(16, int(sys.argv[1]), 0, 0))' $!
kill $!
