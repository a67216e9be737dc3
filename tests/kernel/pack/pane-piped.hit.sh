tmux pipe-pane -o 'cat >>./pane.log'
