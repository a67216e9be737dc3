cd "${DRILL:?this is for a drill alone}" || exit
ls chisel
cloudflared --version
