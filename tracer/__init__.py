"""ttytrace: what happens in tmux, as the kernel saw it."""
