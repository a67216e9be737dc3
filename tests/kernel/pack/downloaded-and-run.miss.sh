cd "${DRILL:?this is for a drill alone}" || exit
curl -fsS -o ./x http://127.0.0.1:9/x
chmod +x ./bin
