cd "${DRILL:?this is for a drill alone}" || exit
setcap cap_net_bind_service=+ep ./server
setcap -r ./server
