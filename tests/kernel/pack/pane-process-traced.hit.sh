cd "${DRILL:?this is for a drill alone}" || exit
bash -c 'echo; read -r _' <> <(:) &
python3 -c 'import ctypes, sys
sys.exit(ctypes.CDLL(None).ptrace(16, int(sys.argv[1]), 0, 0))' $!
kill $!
