"""Files of closed segments, put in the place of others: compressed, or without what was erased.

Invariant: at every moment each segment can be read, from the old file or from the new one. The new
one has been read back and compared before the old one goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from typing import Final

from tracer.errors import BadLog
from tracer.store.attributes import make_changeable
from tracer.store.directory import Directory
from tracer.store.seekable import packer
from tracer.store.segment_file import finish
from tracer.store.segments import Segment, SegmentReader, segments_in

_TEMPORARY: Final = ".tmp"


def put(directory: Directory, segment: Segment, pieces: Iterable[bytes]) -> None:
    """Writes the file of a closed segment, of these plain bytes, in the place of what has its name.
    Raises BadLog if they don't come back from the disk."""
    temporary = segment.name + _TEMPORARY
    _remove(directory, temporary)
    try:
        written = _write(directory, temporary, pieces, segment.is_compressed)
        if _digest(directory, segment, temporary) != written:
            reason = "what was written to it does not come back"
            raise BadLog(place=directory.path / temporary, reason=reason)
        _replace(directory, temporary, segment.name)
    finally:
        _remove(directory, temporary)


def discard(directory: Directory, name: str) -> None:
    """Takes a closed segment's file away, for good."""
    _on(directory, name, make_changeable)
    directory.remove(name)
    directory.sync()


def tidy(directory: Directory) -> None:
    """Does what a crash left undone: removes what is half written, and makes what is closed
    unchangeable."""
    for name in directory.names():
        if name.endswith(_TEMPORARY):
            _remove(directory, name)
    for segment in segments_in(directory)[:-1]:
        _on(directory, segment.name, finish)


def _write(directory: Directory, name: str, pieces: Iterable[bytes], is_compressed: bool) -> bytes:
    hashed = sha256()
    fd = directory.create(name, mode=0o400)
    try:
        with packer(fd) if is_compressed else os.fdopen(fd, "wb", closefd=False) as file:
            for piece in pieces:
                hashed.update(piece)
                file.write(piece)
        os.fsync(fd)
        # Read from the disk, not from what memory still has of it.
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)
    return hashed.digest()


def _digest(directory: Directory, segment: Segment, name: str) -> bytes:
    hashed = sha256()
    reader = SegmentReader(directory, segment, name)
    try:
        for piece in reader.pieces():
            hashed.update(piece)
    finally:
        reader.close()
    return hashed.digest()


def _replace(directory: Directory, temporary: str, name: str) -> None:
    if directory.has(name):
        _on(directory, name, make_changeable)
    directory.rename(temporary, name)
    directory.sync()
    _on(directory, name, finish)


def _remove(directory: Directory, name: str) -> None:
    with suppress(FileNotFoundError):
        directory.remove(name)


def _on(directory: Directory, name: str, action: Callable[[int], object]) -> None:
    fd = directory.open(name)
    try:
        action(fd)
    finally:
        os.close(fd)
