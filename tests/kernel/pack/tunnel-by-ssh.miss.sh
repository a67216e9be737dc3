cd "${DRILL:?this is for a drill alone}" || exit
ssh -L 8080:localhost:80 lab
ssh -v lab
