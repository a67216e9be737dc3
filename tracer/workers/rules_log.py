"""The log as rules follow it: each record once and in order, and what was before the first one.

Invariant: what is left out, because it was removed or is too far behind, is said. Where the log
lost its end, its numbers come again, and so do these.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import takewhile
from typing import Final

from tracer.codec.log import parse
from tracer.codec.moment import wall_ns
from tracer.store.directory import Directory
from tracer.store.follow import Follower, Line

BEFORE_BYTES: Final = 128 << 20
"""How much of the log is read to know what was before, about."""

_SECOND_NS: Final = 1_000_000_000
_SPANS_S: Final = (3600, 900, 225, 60)
_LOOK_S: Final = 1.0
# Only `event` has such a key; see sinks/feed.py.
_IS_ALERT: Final = b'"action":"alert"'


class RulesLog:
    """That whose segments are in a directory, from the record `first` on. `say` gets what is left
    out. Methods raise BadLog. `next`: all below was given out."""

    def __init__(self, segments: Directory, first: int, say: Callable[..., None]) -> None:
        self.next = first
        self.behind_bytes = self.dropped = 0
        self.behind_limit_bytes = 0
        """What is further behind is left out."""
        self._follower = Follower(segments, first)
        self._say = say
        self._look_s = 0.0

    @property
    def is_at_end(self) -> bool:
        """Whether all that is sealed was given out."""
        return self._follower.is_at_end

    def take(self) -> Iterator[Line]:
        """What has come; `next` is that of a line before the line is given out."""
        self._look()
        for line in self._follower.take():
            if line.sequence > self.next:
                self._drop(line.sequence, "removed")
            self.next = line.sequence
            yield line
            self.next = line.sequence + 1
        if self.is_at_end and self._follower.next != self.next:
            if self._follower.next > self.next:
                self._drop(self._follower.next, "removed")
            self.next = self._follower.next

    def _look(self) -> None:
        now_s = time.monotonic()
        if now_s < self._look_s:
            return
        self._look_s = now_s + _LOOK_S
        self.behind_bytes = self._follower.behind_bytes()
        if self.behind_bytes > self.behind_limit_bytes:
            self._follower.skip_to_end()
            while not self._follower.is_at_end:
                self._follower.take()
            self._drop(self._follower.next, "behind")

    def _drop(self, until: int, reason: str) -> None:
        records = until - self.next
        self.dropped += records
        self._say(state="dropped", reason=reason, first=self.next, until=until, records=records)
        self.next = until


def before(segments: Directory, first: int) -> Iterator[Line]:
    """The records of the hour before this one, or of as much of it as is soon read."""
    with closing(_since(segments, first)) as follower:
        while not follower.is_at_end:
            lines = follower.take()
            yield from takewhile(lambda line: line.sequence < first, lines)
            if follower.next >= first:
                return


def told_from(segments: Directory, first: int) -> set[str]:
    """The ids of the alerts that are there from this record on."""
    found = set()
    with closing(Follower(segments, first)) as follower:
        while not follower.is_at_end:
            for line in follower.take():
                if _IS_ALERT in line.data:
                    found.add(_id_of(line.data))
    return found


def _id_of(data: bytes) -> str:
    with suppress(ValueError):  # damaged
        match parse(data):
            case {"ttytrace": {"alert": {"id": str(found)}}}:
                return found
    return ""


def _since(segments: Directory, first: int) -> Follower:
    with closing(Follower(segments, first)) as rest:
        while not (there := rest.take()) and not rest.is_at_end:
            pass
        left_bytes = rest.behind_bytes()
    until_ns = _time_of(there[0]) if there else time.time_ns()
    for span_s in _SPANS_S:
        follower = Follower.since(segments, until_ns - span_s * _SECOND_NS)
        if span_s == _SPANS_S[-1] or follower.behind_bytes() - left_bytes <= BEFORE_BYTES:
            break
        follower.close()
    return follower


def _time_of(line: Line) -> int:
    try:
        return wall_ns(parse(line.data)["@timestamp"])
    except (ValueError, LookupError, TypeError):  # erased
        return time.time_ns()
