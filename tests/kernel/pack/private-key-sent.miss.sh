cd "${DRILL:?this is for a drill alone}" || exit
scp -i .ssh/id_ed25519 ./file lab:
rsync -e 'ssh -i .ssh/id_rsa' -a ./dir lab:
scp .ssh/id_ed25519.pub lab:
