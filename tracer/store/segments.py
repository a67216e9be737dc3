"""The segments of a log: their names, and the lines in them.

Invariant: nothing that a file holds can make a reader use more memory than a line and a block, or
go on for longer than a segment can be long. What the lines say is not looked at here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from tracer.codec.log import MAX_LINE_BYTES
from tracer.store.directory import Directory

MAX_SEGMENT_BYTES: Final = 1 << 30
"""Plain. The writer begins a new one long before."""

_BLOCK_BYTES: Final = 1 << 18
_NAME: Final = re.compile(r"([0-9]{12,18})\.jsonl(\.zst)?")


class Segment(NamedTuple):
    """A file of the log; `first`: the index of its first record."""

    first: int
    is_compressed: bool

    @property
    def stem(self) -> str:
        """Its name without extension, as records call it."""
        return f"{self.first:012d}"

    @property
    def name(self) -> str:
        """Its file."""
        return f"{self.stem}.jsonl.zst" if self.is_compressed else f"{self.stem}.jsonl"


def segments_in(directory: Directory) -> list[Segment]:
    """All there are, in order. Where one is there plain and compressed, the plain one: it goes
    only when the other is complete."""
    found: dict[int, Segment] = {}
    for name in directory.names():  # the plain name sorts first
        if match := _NAME.fullmatch(name):
            first = int(match[1])
            found.setdefault(first, Segment(first, bool(match[2])))
    return [found[first] for first in sorted(found)]


class SegmentReader:
    """The lines of one segment. Raises BadLog if it can't be read, ValueError while reading where
    its content can't be that of a segment."""

    def __init__(self, directory: Directory, segment: Segment) -> None:
        self._file = os.fdopen(directory.open(segment.name), "rb", buffering=0)
        self.tail = b""
        """Once all blocks were read: what follows the last newline."""

    def blocks(self) -> Iterator[list[bytes]]:
        """Whole lines without their newlines, a block of the file at a time."""
        total, rest = 0, b""
        while data := self._file.read(_BLOCK_BYTES):
            total += len(data)
            if total > MAX_SEGMENT_BYTES:
                raise ValueError("the segment is longer than any can be")
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) >= MAX_LINE_BYTES or any(len(n) >= MAX_LINE_BYTES for n in lines):
                raise ValueError("a line is longer than any can be")
            yield lines
        self.tail = rest

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
