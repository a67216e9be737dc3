ls -la /tmp/tmux-1000
find /tmp -maxdepth 1 -path '/tmp/tmux-*'
