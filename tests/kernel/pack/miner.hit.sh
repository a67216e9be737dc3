cd "${DRILL:?this is for a drill alone}" || exit
xmrig --url 127.0.0.1:9 --user x
python3 -c 0 -o stratum+tcp://127.0.0.1:9
