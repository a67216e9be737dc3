"""Turns ring bytes into records, in kernel-time order."""
