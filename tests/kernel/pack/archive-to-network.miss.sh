cd "${DRILL:?this is for a drill alone}" || exit
tar czf ./all.tar.gz --exclude all.tar.gz bin
tar tf ./all.tar.gz
