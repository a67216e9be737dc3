curl -fsS -o ./x http://127.0.0.1:9/x
chmod +x ./bin
