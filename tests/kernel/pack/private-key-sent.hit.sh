cd "${DRILL:?this is for a drill alone}" || exit
scp .ssh/id_ed25519 lab:
rsync -a .ssh/id_rsa lab:keys/
