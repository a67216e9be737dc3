setcap cap_net_bind_service=+ep ./server
setcap -r ./server
