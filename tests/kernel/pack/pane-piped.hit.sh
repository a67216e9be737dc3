cd "${DRILL:?this is for a drill alone}" || exit
tmux pipe-pane -o 'cat >>./pane.log'
