"""The vocabulary on every arrow: what the kernel saw, what user space says, what we derived."""
