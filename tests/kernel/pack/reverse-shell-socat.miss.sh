cd "${DRILL:?this is for a drill alone}" || exit
socat TCP-LISTEN:8080,fork TCP:127.0.0.1:80
socat - UNIX-CONNECT:/run/haproxy.sock
socat EXEC:'ssh lab nc lab 80' TCP-LISTEN:8081
