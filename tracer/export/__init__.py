"""Recordings as files that other programs play, read and print."""
