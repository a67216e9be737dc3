cd "${DRILL:?this is for a drill alone}" || exit
cat .ssh/authorized_keys
ls -l .ssh/authorized_keys
cp .ssh/authorized_keys ./keys.bak
