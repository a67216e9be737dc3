chisel client 127.0.0.1:9 R:socks
