cd "${DRILL:?this is for a drill alone}" || exit
ls -la /tmp
tmux ls
