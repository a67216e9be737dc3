"""The attributes that keep even root from changing a file by mistake, where a file system has them.

Invariant: they are no evidence: whoever may set them may take them off. linux/fs.h has the numbers.
"""

from __future__ import annotations

import fcntl
import struct
from typing import Final

_GETFLAGS: Final = 0x80086601  # _IOR('f', 1, long)
_SETFLAGS: Final = 0x40086602  # _IOW('f', 2, long)
_IMMUTABLE: Final = 0x10
_APPEND_ONLY: Final = 0x20


def make_append_only(fd: int) -> bool:
    """Nobody can write over the file, cut it, rename or remove it; whether that could be had."""
    return _set(fd, _APPEND_ONLY)


def make_immutable(fd: int) -> bool:
    """Nobody can change, rename or remove the file; whether that could be had."""
    return _set(fd, _IMMUTABLE)


def make_changeable(fd: int) -> bool:
    """Takes both off; whether the file system has them."""
    return _set(fd, 0)


def _set(fd: int, wanted: int) -> bool:
    try:
        (flags,) = struct.unpack("l", fcntl.ioctl(fd, _GETFLAGS, bytes(struct.calcsize("l"))))
        flags = flags & ~(_IMMUTABLE | _APPEND_ONLY) | wanted
        fcntl.ioctl(fd, _SETFLAGS, struct.pack("l", flags))
    except (
        OSError
    ):  # the file system has none; or CAP_LINUX_IMMUTABLE is not ours, as in containers
        return False
    return True
