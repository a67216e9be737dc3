"""Questions to the whole index, and the stored lines that answer them.

Invariant: an answer names what it can't know: where the log has gaps in what was asked for, and
which of its records the index doesn't have yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final, NamedTuple

from tracer.clock import WallClock, boot_ns
from tracer.store.index import Index
from tracer.store.index_file import first_of_shard
from tracer.store.index_notes import Gap, Session, SessionKey
from tracer.store.index_read import ShardReader
from tracer.store.query import Query
from tracer.store.segments import LineReader, Segment
from tracer.store.track_read import TrackReader
from tracer.store.tracks import Moment, StoredKeyframe, Track, TrackKey

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
        self._segments: list[Segment] = index.segments()
        self._start = self._segments[0].first if self._segments else 0
        self._lines = LineReader(index.log, self._segments)
        self._shards = {first: ShardReader(index.directory, first) for first in index.shards()}

    def close(self) -> None:
        """Closes all it has open."""
        for shard in self._shards.values():
            shard.close()
        self._lines.close()

    def find(self, query: Query) -> list[int]:
        """The records that answer, oldest first: the newest `limit` of them."""
        newest = islice(self._newest_first(query), query.limit or None)
        return sorted(newest)

    def found(self, sequence: int) -> Found | None:
        """A record that was found; None if it has been erased."""
        shard = self._shards[first_of_shard(sequence)]
        line = self._lines.line(sequence, shard.offset(sequence))
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

    # ---- tracks ----

    def tracks(self, query: Query) -> list[Track]:
        """The terminals that something was recorded of; its host, session, pane and times count."""
        found: dict[TrackKey, Track] = {}
        for shard in self._ordered():
            for track in TrackReader(shard).tracks():
                before = found.get(track.key)
                found[track.key] = track if before is None else before.join(track)
        fitting = [track for track in found.values() if _fits(track, query)]
        return sorted(fitting, key=lambda track: track.first_sequence)

    def track_of(self, sequence: int) -> Track | None:
        """The track that a record is of."""
        shard = self._shards.get(first_of_shard(sequence))
        part = TrackReader(shard).at(sequence) if shard else None
        if part is None:
            return None
        return next(track for track in self.tracks(Query()) if track.key == part.key)

    def track_records(self, track: Track, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """All that concerns a track from this record on, as it is stored; the erased left out."""
        for shard in self._ordered():
            for sequence in TrackReader(shard).sequences(track, max(start, self._start)):
                line = self._lines.line(sequence, shard.offset(sequence))
                if not line.startswith(_ERASED):
                    yield sequence, line

    def track_keyframe(self, track: Track, boottime_ns: int) -> StoredKeyframe | None:
        """The newest keyframe at or before that moment; None: read from its beginning."""
        for shard in reversed(list(self._ordered())):
            frame = TrackReader(shard).keyframe(track, boottime_ns)
            if frame is not None and frame.sequence > self._start:
                return frame
        return None

    def track_moments(self, track: Track, kinds: Collection[str]) -> list[Moment]:
        """Its records of these kinds, in order."""
        shards = [TrackReader(shard) for shard in self._ordered()]
        return [
            moment
            for shard in shards
            for moment in shard.moments(track, kinds)
            if moment.sequence >= self._start
        ]

    def track_newest(
        self, track: Track, before: int, kinds: Collection[str], limit: int
    ) -> list[int]:
        """Its newest records of these kinds below that one, so many, in order."""
        shards = (TrackReader(shard) for shard in reversed(list(self._ordered())))
        found = (each for shard in shards for each in shard.newest(track, before, kinds))
        return sorted(islice((each for each in found if each >= self._start), limit))

    def track_first(self, track: Track, kinds: Collection[str]) -> int | None:
        """Its first record of these kinds."""
        shards = map(TrackReader, self._ordered())
        found = (each for shard in shards for each in shard.sequences(track, self._start, kinds))
        return next(found, None)

    def track_find(self, track: Track, text: str) -> Iterator[Moment]:
        """Its records that showed this text anew, in any case of letters, in order."""
        for shard in self._ordered():
            for moment in TrackReader(shard).find(track, text):
                if moment.sequence >= self._start:
                    yield moment

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


def _fits(track: Track, query: Query) -> bool:
    return (
        (not query.host or query.host == track.host)
        and (not query.pane or query.pane == track.pane_id)
        and (not query.session or query.session in (*track.session_ids, *track.session_names))
        and (query.since_us is None or track.last_us >= query.since_us)
        and (query.until_us is None or track.first_us <= query.until_us)
    )
