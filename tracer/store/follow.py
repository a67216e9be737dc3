"""Follows a log while it grows: whole lines from a sequence on, from segment to segment, whatever
is compressed, erased or removed meanwhile.

Invariant: only what is sealed is given out, each line once and in order. Where sequences jump, that
many records were removed, or skipped; where they go back, the log lost its end (an I/O error, a
power cut), and what was given out from there on doesn't count. No call waits, or reads much more
than it is asked to; to ask where nothing has come costs two system calls.
"""

from __future__ import annotations

import os
import re
import time
from bisect import bisect_right
from contextlib import suppress
from itertools import islice
from typing import Final, NamedTuple

from tracer.codec.log import log_part, parse
from tracer.codec.moment import timestamp
from tracer.errors import BadLog
from tracer.seal.stage import may_be_seal
from tracer.store.directory import Directory
from tracer.store.retain import began
from tracer.store.segments import Segment, SegmentReader, segments_in

READ_BYTES: Final = 1 << 18
_NEWLINE: Final = re.compile(rb"\n")
_SAME_MOMENT_NS: Final = 100_000_000  # times of files are as coarse as 10 ms


class Line(NamedTuple):
    """A record, without its newline."""

    sequence: int
    data: bytes


class Follower:
    """Gives out the log whose segments are in this directory, from the record `start` on; None:
    from the end. What isn't there any more is left out. Methods raise BadLog.

    `next`: the sequence of the record that comes next, to go on from; right once `is_at_end`, or
    once a line was given out. `is_at_end`: the last take() had all that is sealed.
    """

    def __init__(self, segments: Directory, start: int | None = None) -> None:
        self._directory = segments
        self._list()
        if not self._segments:
            raise BadLog(place=segments.path, reason="nothing was written yet")
        self._is_skipping = start is None
        self.next = self._segments[-1].first if start is None else start
        self.is_at_end = False
        self._open: _OpenSegment | None = None
        self._since = ""  # what was written before this moment is left out

    @classmethod
    def since(cls, segments: Directory, wall_ns: int) -> Follower:
        """From the first write on that was sealed at this moment, or later."""
        follower = cls(segments, 0)
        follower._since = timestamp(wall_ns)
        # What can't be read counts as earlier.
        later = bisect_right(follower._segments, follower._since, key=follower._began)
        follower.next = follower._segments[max(0, later - 1)].first
        return follower

    def take(self, max_bytes: int = READ_BYTES) -> list[Line]:
        """The next lines, up to the end of a write; none where there are none, or where it is still
        on its way to the first. Reads about `max_bytes`."""
        now = self._open = self._open or self._find()
        self.is_at_end = False
        found: list[Line] = []
        while max_bytes > 0:
            data = now.read(max_bytes)
            max_bytes -= max(1, len(data))
            if data:
                found += self._pass(now.at, now.feed(data))
            elif now.end is not None:
                now = self._open = self._turn(now)
            elif not self._has_successor(now):
                self._arrive(now)
                break
        return found

    def skip_to_end(self) -> None:
        """Leaves out all that is there now."""
        self._is_skipping = True

    def behind_bytes(self) -> int:
        """How much of the log, plain, is still to be given out. Where the next record stands in its
        segment is looked for once."""
        now = self._open = self._open or self._find()
        self._list()
        later = [_OpenSegment(self._directory, each) for each in self._after(now)]
        try:
            return sum(each.left_bytes(self.next) for each in [now, *later])
        finally:
            for each in later:
                each.close()

    def close(self) -> None:
        """Gives back what it holds; take() finds its place again."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _pass(self, first: int, lines: list[bytes]) -> list[Line]:
        """Those of these lines that are wanted."""
        end = first + len(lines)
        if self._is_skipping:
            self.next = end
        elif self._since:
            self.next = first + self._before(lines)
        given = [Line(first + nth, line) for nth, line in enumerate(lines)]
        missing = max(0, self.next - first)
        self.next = max(self.next, end)
        return given[missing:]

    def _before(self, lines: list[bytes]) -> int:
        """How many of these lines are of writes before the moment that is looked for."""
        count = 0
        for nth, line in enumerate(lines, 1):
            if sealed := _sealed_at(line):
                if sealed >= self._since:
                    self._since = ""
                    return count
                count = nth
        return len(lines)

    def _began(self, segment: Segment) -> str:
        try:
            return began(self._directory, segment)
        except (BadLog, ValueError):
            return ""

    def _arrive(self, now: _OpenSegment) -> None:
        self.is_at_end, self._is_skipping, self._since = True, False, ""
        if self.next > now.at:  # the log lost its end; this segment is what followed
            self.is_at_end, self.next = False, now.segment.first
            self.close()

    def _find(self) -> _OpenSegment:
        """The segment of what comes next; else the first one behind it."""
        self._list()
        before = [each for each in self._segments if each.first <= self.next]
        return self._open_first([*before[-1:], *self._segments[len(before) :]])

    def _turn(self, now: _OpenSegment) -> _OpenSegment:
        """The segment behind one that was read."""
        now.close()
        self._open = None
        self._list()
        opened = self._open_first(self._after(now))
        if self.next == now.at or self.next < opened.at:  # else it is still on its way
            self.next = opened.at
        return opened

    def _open_first(self, segments: list[Segment]) -> _OpenSegment:
        for segment in segments[:-1]:
            try:
                return _OpenSegment(self._directory, segment)
            except BadLog:
                continue  # retention has just removed it
        return _OpenSegment(self._directory, segments[-1])

    def _has_successor(self, now: _OpenSegment) -> bool:
        """Whether the segment is complete: what came before the next began can be read then."""
        behind = self._after(now)
        if not behind and os.fstat(self._directory.fd).st_mtime_ns != self._listed_ns:
            self._list()
            behind = self._after(now)
        if behind:
            now.end = behind[0].first
        return bool(behind)

    def _after(self, now: _OpenSegment) -> list[Segment]:
        return [each for each in self._segments if each.first > now.segment.first]

    def _list(self) -> None:
        changed_ns = os.fstat(self._directory.fd).st_mtime_ns
        self._segments = segments_in(self._directory)
        # What comes in the same moment as this would not change the time again.
        is_certain = time.time_ns() - changed_ns > _SAME_MOMENT_NS
        self._listed_ns = changed_ns if is_certain else -1


class _OpenSegment:
    """`at`: the index of the record that is read next. `end`: of the first one of the segment that
    follows, if one does."""

    def __init__(self, directory: Directory, segment: Segment) -> None:
        self._reader = SegmentReader(directory, segment)
        self.segment = segment
        self.at = segment.first
        self.end: int | None = None
        self._offset = 0
        self._rest = b""
        self._sought = (self.at, 0)  # how far left_bytes() has looked: a record, where it begins

    def left_bytes(self, sequence: int) -> int:
        """From this record on, or from where it is if that is behind it."""
        self._sought = max(self._sought, (self.at, self._offset - len(self._rest)))
        with suppress(BadLog, ValueError):  # what can't be read is left
            while self._sought[0] < sequence and self._seek(sequence):
                pass
        return max(0, self._reader.size - self._sought[1])

    def _seek(self, sequence: int) -> bool:
        at, offset = self._sought
        data = self._reader.read(offset, READ_BYTES)
        ends = [found.end() for found in islice(_NEWLINE.finditer(data), sequence - at)]
        self._sought = at + len(ends), offset + (ends[-1] if ends else len(data))
        return bool(data)

    def read(self, max_bytes: int) -> bytes:
        """What comes next; nothing once all that counts was there, or where it can't be read."""
        if self.end is not None and self.at >= self.end:
            return b""
        try:
            return self._reader.read(self._offset, max_bytes)
        except (BadLog, ValueError):
            if self.end is None:
                raise
            return b""

    def feed(self, data: bytes) -> list[bytes]:
        """The records that are complete with this: up to the last seal, or the end."""
        self._offset += len(data)
        lines = (self._rest + data).split(b"\n")
        count = len(lines) - 1
        if self.end is not None and self.at + count >= self.end:
            count = self.end - self.at
        else:
            while count and not _sealed_at(lines[count - 1]):
                count -= 1
        self._rest = b"\n".join(lines[count:])
        self.at += count
        return lines[:count]

    def close(self) -> None:
        self._reader.close()


def _sealed_at(line: bytes) -> str:
    """When a seal was made; nothing if this is none."""
    if not may_be_seal(line):
        return ""
    event = parse(line)
    part = log_part(event)
    return str(event["@timestamp"]) if part is not None and part[0] == "seal" else ""
