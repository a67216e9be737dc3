"""Questions to the whole index, and the stored lines that answer them.

Invariant: an answer names what it can't know: where the log has gaps in what was asked for, and
which of its records the index doesn't have yet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from tracer.clock import WallClock, boot_ns
from tracer.store.index import Index
from tracer.store.index_notes import Gap, Session, SessionKey
from tracer.store.index_read import ShardReader
from tracer.store.index_shard import first_of_shard
from tracer.store.query import Query
from tracer.store.segments import Segment, read_line

_ENDED_US: Final = 30_000_000
_ERASED: Final = b'{"erased":'


class Found(NamedTuple):
    """A record that answers: its index, its stored line, and its rows of text."""

    sequence: int
    line: bytes
    rows: list[str]


class Searcher:
    """Asks all shards of an index, as they are when it is made."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._segments: list[Segment] = index.segments()
        self._firsts = [segment.first for segment in self._segments]
        self._start = self._firsts[0] if self._firsts else 0
        self._shards = {first: ShardReader(index.directory, first) for first in index.shards()}

    def close(self) -> None:
        """Closes all it has open."""
        for shard in self._shards.values():
            shard.close()

    def find(self, query: Query) -> list[int]:
        """The records that answer, oldest first: the newest `limit` of them."""
        newest = islice(self._newest_first(query), query.limit or None)
        return sorted(newest)

    def found(self, sequence: int) -> Found | None:
        """A record that was found; None if it has been erased."""
        shard = self._shards[first_of_shard(sequence)]
        segment = self._segments[bisect_right(self._firsts, sequence) - 1]
        line = read_line(self._index.log, segment, shard.offset(sequence))
        return None if line.startswith(_ERASED) else Found(sequence, line, shard.rows(sequence))

    def gaps(self, query: Query) -> list[Gap]:
        """Where what was asked for may not have been recorded, in order of time."""
        gaps = [gap for shard in self._ordered() for gap in shard.gaps(query)]
        return sorted([*self._ends(query), *gaps], key=lambda gap: gap.since_us)

    def extent(self) -> str:
        """Which records were asked: their indices and times, for people."""
        spans = self._spans()
        if not spans:
            return "an empty log"
        until = max(shard.end for shard in self._ordered()) - 1
        return f"records #{self._start} to #{until}"

    def sessions(self, query: Query) -> list[tuple[SessionKey, Session]]:
        """All sessions that something was recorded of in the time that is asked for."""
        sessions: dict[SessionKey, Session] = {}
        for shard in self._ordered():
            for key, part in shard.sessions():
                if key in sessions:
                    sessions[key].join(part)
                else:
                    sessions[key] = part
        return [
            (key, session)
            for key, session in sorted(sessions.items(), key=lambda item: item[1].first_us)
            if (query.since_us is None or session.last_us >= query.since_us)
            and (query.until_us is None or session.first_us <= query.until_us)
            and session.last_sequence >= self._start
        ]

    def _newest_first(self, query: Query) -> Iterator[int]:
        for shard in reversed(list(self._ordered())):
            for sequence in shard.find(query):
                if sequence < self._start:
                    return
                yield sequence

    def _ordered(self) -> Iterator[ShardReader]:
        return (self._shards[first] for first in sorted(self._shards))

    def _spans(self) -> list[tuple[int, int]]:
        return [span for shard in self._ordered() if (span := shard.span_us())]

    def _ends(self, query: Query) -> Iterator[Gap]:
        # What is before the first record and after the last was not recorded, or is gone.
        spans = self._spans()
        if not spans:
            yield Gap(0, 0, _now_us(), "the log is empty")
            return
        first_us, last_us = spans[0][0], max(last for _, last in spans)
        if query.since_us is not None and query.since_us < first_us:
            why = "retention removed it" if self._start else "the log begins later"
            yield Gap(self._start, query.since_us, first_us, why)
        until_us = _now_us() if query.until_us is None else query.until_us
        if until_us > last_us + _ENDED_US:
            yield Gap(self._start, last_us, until_us, "the log ends before")


def _now_us() -> int:
    return WallClock().at(boot_ns()) // 1000
