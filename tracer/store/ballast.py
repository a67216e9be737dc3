"""Room that is kept so that there is some when the disk is full.

Invariant: it is given up as a whole, and made again only where as much would still be free.
"""

from __future__ import annotations

import os
from contextlib import suppress

from tracer.store.directory import Directory

_NAME = "ballast"


class Ballast:
    """A file of `size` bytes in `directory`, made if the disk has room for it."""

    def __init__(self, directory: Directory, size: int) -> None:
        self._directory = directory
        self._size = size
        self.restore()

    def resize(self, size: int) -> None:
        """Keeps so much from now on."""
        if size != self._size:
            self.give_up()
            self._size = size
            self.restore()

    def give_up(self) -> None:
        """Frees the room."""
        with suppress(OSError):
            self._directory.remove(_NAME)

    def restore(self) -> bool:
        """Makes it again where there is room; whether it is there now."""
        if not self._size or self._directory.has(_NAME):
            return True
        try:
            room = os.fstatvfs(self._directory.fd)
            if room.f_bavail * room.f_frsize < 2 * self._size:
                return False
            self._allocate()
        except OSError:
            self.give_up()
            return False
        return True

    def _allocate(self) -> None:
        fd = self._directory.create(_NAME)
        try:
            os.posix_fallocate(fd, 0, self._size)
        finally:
            os.close(fd)
