cd "${DRILL:?this is for a drill alone}" || exit
echo 'ssh-ed25519 AAAA bob' | tee -a /root/.ssh/authorized_keys
