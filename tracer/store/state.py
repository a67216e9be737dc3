"""The state file: the keys of this moment, in one sector that is written over and over.

Invariant: a key that has done its work is overwritten where it stood: at once for whoever reads the
file, on the disk with the next sync. There is no second copy that it could linger in. One sector,
so that neither a kill nor a power cut leaves half of it.
"""

from __future__ import annotations

import os
import struct
from hashlib import sha256
from typing import Final

from tracer.errors import BadState
from tracer.seal.keys import Ratchet
from tracer.seal.note import Head
from tracer.seal.stage import Keys
from tracer.store.directory import Directory

SECTOR_BYTES: Final = 512
STATE: Final = "state"
"""The file's name."""
_MAGIC: Final = b"ttytrace state 1"
# Magic, secret, whether there is a next one, the next one; the ratchet: its three numbers and three
# keys; size and root of the head; origin.
_SHAPE: Final = struct.Struct("<16s32s?32sQQQ32s32s32sQ32s64s")
_CHECK_BYTES: Final = 32


class StateFile:
    """The keys of a log in `directory`. Raises BadState if they are missing, or can't be read."""

    def __init__(self, directory: Directory) -> None:
        self._place = directory.path / STATE
        try:
            self._fd = directory.open(STATE, os.O_RDWR)
        except FileNotFoundError:
            raise BadState(place=self._place, reason="the keys of the log are missing") from None

    @classmethod
    def create(cls, directory: Directory, keys: Keys) -> None:
        """Makes it, for a new log; FileExistsError if there is one."""
        fd = directory.create(STATE)
        try:
            os.write(fd, _pack(keys))
            os.fsync(fd)
        finally:
            os.close(fd)
        directory.sync()

    def read(self) -> Keys:
        """What was put there last."""
        sector = os.pread(self._fd, SECTOR_BYTES + 1, 0)
        packed, check = sector[: _SHAPE.size], sector[_SHAPE.size :]
        if len(sector) != SECTOR_BYTES or check[:_CHECK_BYTES] != sha256(packed).digest():
            raise BadState(place=self._place, reason="this is not what ttytrace wrote")
        magic, secret, has_next, later, *rest = _SHAPE.unpack(packed)
        if magic != _MAGIC:
            raise BadState(place=self._place, reason="another version of ttytrace wrote it")
        *ratchet, size, root, origin = rest
        return Keys(
            origin.rstrip(b"\0").decode(),
            secret,
            later if has_next else None,
            Ratchet(*ratchet),
            Head(size, root),
        )

    def put(self, keys: Keys) -> None:
        """From now on the file holds these keys; OSError if it doesn't."""
        os.pwrite(self._fd, _pack(keys), 0)

    def write(self, keys: Keys) -> None:
        """Comes back when these keys are on the disk, and those of before are not; OSError if the
        disk doesn't do it."""
        self.put(keys)
        os.fdatasync(self._fd)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._fd)


def _pack(keys: Keys) -> bytes:
    packed = _SHAPE.pack(
        _MAGIC,
        keys.secret,
        keys.next_secret is not None,
        keys.next_secret or b"",
        *keys.ratchet,
        keys.head.size,
        keys.head.root,
        keys.origin.encode(),
    )
    return (packed + sha256(packed).digest()).ljust(SECTOR_BYTES, b"\0")
