cd "${DRILL:?this is for a drill alone}" || exit
bash -c 'exec 2>/dev/null; echo >/dev/tcp/127.0.0.1/9'
timeout 1 bash -c 'exec 2>/dev/null; </dev/tcp/127.0.0.1/9'
bash -c 'exec 2>/dev/null; exec 3<>/dev/tcp/127.0.0.1/9; echo GET / >&3; cat <&3' || true
grep -rn 'bash -i >& /dev/tcp/127.0.0.1/9 0>&1' .
