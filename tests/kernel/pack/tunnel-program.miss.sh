ls chisel
cloudflared --version
