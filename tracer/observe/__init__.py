"""What user space says about a kernel fact: /proc, tmux, sockets, names of users."""
