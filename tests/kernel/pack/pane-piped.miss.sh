cd "${DRILL:?this is for a drill alone}" || exit
tmux list-panes
tmux pipe-pane
