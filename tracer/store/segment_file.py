"""The segment that is being written: one file, added to and synced.

Invariant: a file has its name only when its first, sealed write is on the disk; so no crash leaves
a segment without a sealed record. What can't be written is kept, and goes before all that follows.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

from tracer.store.attributes import make_append_only, make_changeable, make_immutable
from tracer.store.directory import CLOSED_FILE, SHARED_FILE, Directory, share
from tracer.store.segments import Segment

_UNNAMED: Final = "new"


class SegmentFile:
    """A new segment with this first write, synced. All methods raise OSError as the disk does."""

    def __init__(self, directory: Directory, first: int, data: bytes) -> None:
        self.segment = Segment(first, False)
        self.size = 0
        """Bytes that were written or wait to be."""
        self.synced_size = 0
        self.rest = b""
        """What could not be written yet."""
        with suppress(FileNotFoundError):
            directory.remove(_UNNAMED)  # left by a crash; it holds no event
        self._fd = directory.create(_UNNAMED, os.O_WRONLY | os.O_APPEND)
        try:
            share(self._fd, SHARED_FILE)
            self.write(data)
            self.sync()
            directory.rename(_UNNAMED, self.segment.name)
            directory.sync()
            self.is_append_only = make_append_only(self._fd)
        except OSError:
            os.close(self._fd)
            with suppress(OSError):
                directory.remove(_UNNAMED)  # it may take the last room there is
            raise

    def write(self, data: bytes = b"") -> None:
        """Adds `data` to the file, behind what waits."""
        self.size += len(data)
        self.rest += data
        while self.rest:
            written = os.write(self._fd, self.rest)
            self.rest = self.rest[written:]

    def sync(self) -> None:
        """Comes back when all that was written is on the disk."""
        os.fdatasync(self._fd)
        self.synced_size = self.size - len(self.rest)

    def close(self) -> None:
        """Ends the segment, all of which is synced: nobody changes it any more."""
        finish(self._fd)
        self.abandon()

    def abandon(self) -> None:
        """Leaves the file as it is."""
        os.close(self._fd)


def finish(fd: int) -> None:
    """Makes a segment that ended unchangeable."""
    make_changeable(fd)  # an append-only file's mode can't be changed
    share(fd, CLOSED_FILE)
    make_immutable(fd)
