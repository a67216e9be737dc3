"""arm64 without a machine: the kernel half is compiled for it, the rest runs in user emulation."""
