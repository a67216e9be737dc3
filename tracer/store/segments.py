"""The segments of a log: their names, and the lines in them.

Invariant: nothing that a file holds can make a reader use more memory than a line and a block, or
go on for longer than a segment can be long. What the lines say is not looked at here.
"""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Final, NamedTuple

from tracer.codec.log import MAX_LINE_BYTES
from tracer.errors import BadLog
from tracer.store.directory import Directory
from tracer.store.seekable import FRAME_BYTES, MAX_FRAMES, PackedFile

MAX_SEGMENT_BYTES: Final = MAX_FRAMES * FRAME_BYTES
"""Plain. The writer begins a new one long before."""

_OPEN_SEGMENTS: Final = 4
_NAME: Final = re.compile(r"([0-9]{12}|[1-9][0-9]{12,17})\.jsonl(\.zst)?")


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

    @property
    def twin(self) -> Segment:
        """The same in its other form."""
        return self._replace(is_compressed=not self.is_compressed)


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
    """The lines of one segment, plain or compressed. Raises BadLog if it can't be read, ValueError
    where its content can't be that of a segment.

    `name`: of its file, while that is not yet the segment's own.
    """

    def __init__(self, directory: Directory, segment: Segment, name: str | None = None) -> None:
        # Compression takes the plain form away at any moment, once the other is there.
        for form in (segment, segment.twin) if name is None else (segment,):
            self._place = directory.path / (name or form.name)
            self._is_compressed = form.is_compressed
            with suppress(FileNotFoundError):
                self._fd = directory.open(self._place.name)
                break
        else:
            raise BadLog(place=self._place, reason="it is gone")
        self._packed: PackedFile | None = None
        self._kept = (-1, b"")  # the whole frame that was read last
        self.tail: Iterable[bytes] = ()
        """Once all blocks were read: what follows them; to be read once."""

    def blocks(self, offset: int = 0) -> Iterator[list[bytes]]:
        """Whole lines without their newlines, a block of the file at a time, from the line on that
        begins at this byte of the plain segment, up to what is longer than any line: a power cut
        may leave zeros."""
        rest, pieces = b"", self.pieces(offset)
        for data in pieces:
            block = rest + data
            *lines, rest = block.split(b"\n")
            # No other can be longer than a block.
            if len(lines[0] if lines else rest) >= MAX_LINE_BYTES:
                self.tail = chain((block,), pieces)
                return
            yield lines
        self.tail = (rest,)

    def read(self, offset: int, max_bytes: int) -> bytes:
        """What stands there, at most FRAME_BYTES of it; nothing at the end."""
        if not self._is_compressed:
            return self._pread(offset, min(max_bytes, FRAME_BYTES))
        number, skip = divmod(offset, FRAME_BYTES)
        return self._frame(number)[skip : skip + max_bytes]

    @property
    def size(self) -> int:
        """Of the plain segment, in bytes."""
        return self._packing.size if self._is_compressed else os.fstat(self._fd).st_size

    def line_at(self, offset: int) -> bytes:
        """The one line that begins there; ValueError if none ends behind it. It is cheap where the
        one before was near."""
        number, skip = divmod(offset, FRAME_BYTES)
        data = self._frame(number) if 0 <= number <= MAX_FRAMES else b""
        if (end := data.find(b"\n", skip)) >= 0:
            return data[skip:end]
        for lines in self.blocks(offset):
            if lines:
                return lines[0]
        raise ValueError("no line begins here")

    def pieces(self, offset: int = 0) -> Iterator[bytes]:
        """The plain bytes from there on."""
        first, skip = divmod(offset, FRAME_BYTES)
        if not 0 <= first <= MAX_FRAMES:
            raise ValueError("no line begins here")
        for number in range(first, MAX_FRAMES + 1):
            data = self._frame(number)
            if data and number == MAX_FRAMES:
                raise ValueError("the segment is longer than any can be")
            yield data[skip:]
            if len(data) < FRAME_BYTES:  # the last; what is appended meanwhile is not awaited
                break
            skip = 0

    def close(self) -> None:
        """Closes the file."""
        os.close(self._fd)

    def _frame(self, number: int) -> bytes:
        if number == self._kept[0]:
            return self._kept[1]
        if not self._is_compressed:
            data = self._pread(number * FRAME_BYTES, FRAME_BYTES)
        else:
            with self._readable():
                data = self._packing.frame(number)
        if len(data) == FRAME_BYTES:  # else it may grow
            self._kept = number, data
        return data

    def _pread(self, offset: int, size: int) -> bytes:
        with self._readable():
            return os.pread(self._fd, size, offset)

    @property
    def _packing(self) -> PackedFile:
        self._packed = self._packed or PackedFile(self._fd)
        return self._packed

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = f"it can't be read: {error.strerror}"
            raise BadLog(place=self._place, reason=reason) from None


def records(directory: Directory, segment: Segment, end: int | None) -> Iterator[bytes]:
    """The lines of the records below `end`, where the next segment begins; what follows them counts
    for nothing. Raises as SegmentReader does."""
    missing = sys.maxsize if end is None else end - segment.first
    reader = SegmentReader(directory, segment)
    try:
        for lines in reader.blocks():
            yield from lines[:missing]
            missing -= min(missing, len(lines))
    finally:
        reader.close()


def read_line(directory: Directory, segment: Segment, offset: int) -> bytes:
    """The line that begins at this byte of the plain segment. Raises as SegmentReader does."""
    reader = SegmentReader(directory, segment)
    try:
        return reader.line_at(offset)
    finally:
        reader.close()


class LineReader:
    """Lines of any of these segments; those that are used again and again stay open."""

    def __init__(self, directory: Directory, segments: list[Segment]) -> None:
        self._directory = directory
        self._segments = segments
        self._open: OrderedDict[Segment, SegmentReader] = OrderedDict()

    def line(self, sequence: int, offset: int) -> bytes:
        """The line of this record, which begins at this byte of its plain segment. Raises as
        SegmentReader does."""
        after = bisect_right(self._segments, sequence, key=lambda segment: segment.first)
        return self._reader(self._segments[after - 1]).line_at(offset)

    def close(self) -> None:
        """Closes what is open."""
        while self._open:
            self._open.popitem()[1].close()

    def _reader(self, segment: Segment) -> SegmentReader:
        reader = self._open.pop(segment, None) or SegmentReader(self._directory, segment)
        self._open[segment] = reader
        if len(self._open) > _OPEN_SEGMENTS:
            self._open.popitem(last=False)[1].close()
        return reader
