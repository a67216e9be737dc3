cd "${DRILL:?this is for a drill alone}" || exit
mkdir -p .ssh && : >.ssh/id_ed25519 && cat .ssh/id_ed25519
