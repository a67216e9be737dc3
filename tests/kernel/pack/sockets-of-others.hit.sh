cd "${DRILL:?this is for a drill alone}" || exit
ls -la /tmp/tmux-1000
find /tmp -maxdepth 1 -path '/tmp/tmux-*'
