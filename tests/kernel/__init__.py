"""The tracer on the running kernel against real tmux servers."""
