"""Ties processes and ttys to tmux servers, sessions, windows, panes and clients."""
