ls -la /tmp
tmux ls
