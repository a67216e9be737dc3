"""One writer for each log: a lock on the directory of its keys, which ends with its process.

Invariant: only root can open what is locked; those who may read the log could lock that."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tracer.errors import LogBusy
from tracer.store.directory import Directory


def lock(directory: Directory) -> None:
    """Takes the lock of the log with these keys, until `directory` is closed; LogBusy if
    somebody has it."""
    try:
        fcntl.flock(directory.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = _holder(os.fstat(directory.fd))
        holder = f"pid {pid}" if pid else "its pid can't be seen from here"
        raise LogBusy(directory=directory.path, holder=holder) from None


def writer(state: Path) -> int | None:
    """The pid of who writes the log with its keys in this directory; None if nobody does."""
    try:
        return _holder(state.stat())
    except OSError:
        return None


def _holder(state: os.stat_result) -> int | None:
    """Who has the lock, as /proc/locks tells it: 1: FLOCK ADVISORY WRITE pid major:minor:inode …"""
    place = f"{os.major(state.st_dev):02x}:{os.minor(state.st_dev):02x}:{state.st_ino}"
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if words[1] == "FLOCK" and words[5] == place and int(words[4]) > 0:
            return int(words[4])
    return None
