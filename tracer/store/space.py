"""What a log takes of its disk."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

from tracer.store.directory import Directory


class Space(NamedTuple):
    """Of the segments, and what else there is: `free_bytes`."""

    segments: int
    bytes: int
    free_bytes: int


def space_of(segments: Directory) -> Space:
    """Counts what is there now; what goes meanwhile is not."""
    sizes = []
    for name in segments.names():
        with suppress(FileNotFoundError):
            sizes.append(os.stat(name, dir_fd=segments.fd, follow_symlinks=False).st_size)
    room = os.fstatvfs(segments.fd)
    return Space(len(sizes), sum(sizes), room.f_bavail * room.f_frsize)
