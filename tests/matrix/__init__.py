"""Every kernel, plan, tmux and BCC that ttytrace is for: what is run, what came of it, and the page
that says so."""
