cd "${DRILL:?this is for a drill alone}" || exit
mkdir -p .ssh && : >.ssh/id_ed25519.pub && cat .ssh/id_ed25519.pub
ssh -i .ssh/id_ed25519 lab true
ls -l .ssh/id_ed25519
