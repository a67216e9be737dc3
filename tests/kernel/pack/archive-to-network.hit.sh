tar czf - . | nc 127.0.0.1 9
