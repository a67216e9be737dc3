tmux list-panes
tmux pipe-pane
