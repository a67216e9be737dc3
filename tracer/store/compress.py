"""Closed segments, compressed: the same bytes in a quarter of the room or less.

Invariant: byte for byte, torn ends included; a file goes once its bytes were read back from the
other one. Killed at any moment, the next run finds the plain file and does it again.
"""

from __future__ import annotations

import errno
import os

from tracer.store.directory import Directory
from tracer.store.rewrite import discard, put
from tracer.store.segments import Segment, SegmentReader, segments_in


def compressible(directory: Directory) -> list[Segment]:
    """All that are closed and still plain: the newest is being written."""
    return [segment for segment in segments_in(directory)[:-1] if not segment.is_compressed]


def compress(directory: Directory, segment: Segment) -> None:
    """Compresses one. Raises BadLog and ValueError, as reading does, and OSError; the segment is
    then as it was."""
    _check_room(directory, segment)
    reader = SegmentReader(directory, segment)
    try:
        put(directory, segment._replace(is_compressed=True), reader.pieces())
    finally:
        reader.close()
    discard(directory, segment.name)


def _check_room(directory: Directory, segment: Segment) -> None:
    """The last room is the recording's: what would take it is not begun."""
    disk = os.fstatvfs(directory.fd)
    if disk.f_bavail * disk.f_frsize < directory.size(segment.name):
        raise OSError(errno.ENOSPC, "there is no room to compress it", segment.name)
