"""Do no harm: what others test kernels and tmux with says the same with a tracer on as off."""
