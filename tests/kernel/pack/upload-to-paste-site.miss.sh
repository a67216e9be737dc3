cd "${DRILL:?this is for a drill alone}" || exit
curl -fsS http://127.0.0.1:9/file.io/readme
curl -s https://0x0.st/abc -o ./abc
