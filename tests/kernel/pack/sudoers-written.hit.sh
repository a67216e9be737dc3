cd "${DRILL:?this is for a drill alone}" || exit
echo 'bob ALL=(ALL) NOPASSWD: ALL' | tee -a /etc/sudoers.d/bob
