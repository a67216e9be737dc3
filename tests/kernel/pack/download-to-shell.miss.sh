cd "${DRILL:?this is for a drill alone}" || exit
curl -fsS -o ./install.sh http://127.0.0.1:9/install.sh
sh ./install.sh
curl -fsS http://127.0.0.1:9/list.json | cat
