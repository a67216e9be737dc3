"""The tracks of one shard: which records are theirs, and keyframes of their screens.

Invariant: no record is looked at to find those of a track; the shard's labels and columns say it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, NamedTuple

import orjson

from tracer.store.acts import SHOWN
from tracer.store.index_entry import ALERT
from tracer.store.index_read import ShardReader
from tracer.store.index_shard import BLOCK_RECORDS
from tracer.store.track_write import KEY_SQL, load_track
from tracer.store.tracks import PANE, Moment, StoredKeyframe, Track

_WITH_TEXT: Final = ("exec", "end", ALERT)
_OWN: Final = {
    PANE: "kind IN ('text_output', 'text_input', 'terminal-resized', 'pane-captured',"
    " 'input-injected', 'lost')",
    "client": "kind IN ('client_output', 'terminal-resized', 'input-injected', 'lost')",
}
_ASKED: Final = """
    kind IN (SELECT value FROM json_each(:kinds)) AND (kind != 'text_input' OR people != '[]')
"""
_ANYWHERE: Final = """
    kind IN ('gap', 'start', 'stop')
    OR kind = 'lost' AND major IS NULL AND coalesce(server, :server) = :server
    OR kind = 'server-unverified' AND server = :server
"""


class _Labels(NamedTuple):
    """`always`: of records that name the track's process; `meanwhile`: that name its terminal, or
    concern everybody, and are its own only while it lasts."""

    always: frozenset[int]
    meanwhile: frozenset[int]


class TrackReader:
    """Reads the tracks of a shard."""

    def __init__(self, shard: ShardReader) -> None:
        self._shard = shard
        self._kinds: dict[int, str] = dict(shard.db.execute("SELECT id, kind FROM label"))

    def tracks(self) -> Iterator[Track]:
        """All that it knows."""
        return map(load_track, self._shard.db.execute("SELECT * FROM track"))

    def at(self, sequence: int) -> Track | None:
        """The one that this record is of."""
        for track in filter(self._names(sequence), self.tracks()):
            if next(self.sequences(track, sequence), None) == sequence:
                return track
        return None

    def _names(self, sequence: int) -> Callable[[Track], bool]:
        """Whether a record has the process or the terminal of a track."""
        shard = self._shard
        columns = shard.columns(shard.block_of(sequence))
        nth = min(sequence - columns.first, len(columns.labels) - 1)
        sql = "SELECT boot, server, pane_pid, client_pid, major, minor FROM label WHERE id = ?"
        row = shard.db.execute(sql, (columns.labels[nth],)).fetchone() or (None,) * 6
        return lambda track: (
            track.key[:2] == row[:2]
            and (
                (track.key.pid is not None and track.key.pid in row[2:4])
                or track.key[4:] == row[4:]
            )
        )

    def sequences(self, track: Track, start: int, kinds: Collection[str] = ()) -> Iterator[int]:
        """The records of a track from there on, oldest first; of these kinds, or all. Among kinds,
        a text_input that nobody typed, as a terminal answered, is none."""
        labels = self._labels(track, kinds)
        for block in self._shard.blocks_of(labels.always | labels.meanwhile):
            if block + BLOCK_RECORDS > start:
                yield from (each for each in self._of(track, labels, block) if each >= start)

    def newest(self, track: Track, before: int, kinds: Collection[str]) -> Iterator[int]:
        """Its records of these kinds below that one, newest first."""
        labels = self._labels(track, kinds)
        for block in reversed(self._shard.blocks_of(labels.always | labels.meanwhile)):
            if block < before:
                found = [each for each in self._of(track, labels, block) if each < before]
                yield from reversed(found)

    def _of(self, track: Track, labels: _Labels, block: int) -> Iterator[int]:
        """The records of a block that are the track's."""
        for sequence, label in enumerate(self._shard.columns(block).labels, block):
            if label in labels.always or (
                label in labels.meanwhile
                and track.first_sequence <= sequence <= track.last_sequence
            ):
                yield sequence

    def moments(self, track: Track, kinds: Collection[str]) -> Iterator[Moment]:
        """Its records of these kinds."""
        return map(self._moment, self.sequences(track, 0, kinds))

    def find(self, track: Track, text: str) -> Iterator[Moment]:
        """The records that brought up a row with this text, in any case of letters."""
        shard, wanted = self._shard, text.casefold()
        labels = self._labels(track, SHOWN)
        own = set(self.sequences(track, 0, SHOWN)) if labels.meanwhile else set()
        found = {
            sequence
            for page in shard.pages_with(wanted, shard.blocks_of(labels.meanwhile))
            for sequence, row in zip(page.sequences, page.rows, strict=True)
            if sequence in own and wanted in row.casefold()
        }
        return map(self._moment, sorted(found))

    def keyframe(self, track: Track, boottime_ns: int) -> StoredKeyframe | None:
        """The newest one at or before that moment."""
        frames = f"SELECT keyframe.* FROM keyframe JOIN track ON track.id = track WHERE {KEY_SQL}"
        sql = f"{frames} AND boottime_ns <= ? ORDER BY sequence DESC LIMIT 1"
        row = self._shard.db.execute(sql, (*track.key, boottime_ns)).fetchone()
        return _frame_of(row[1:]) if row else None

    def _moment(self, sequence: int) -> Moment:
        shard = self._shard
        columns = shard.columns(shard.block_of(sequence))
        nth = sequence - columns.first
        kind = self._kinds[columns.labels[nth]]
        command = "\n".join(shard.rows(sequence)) if kind in _WITH_TEXT else None
        return Moment(sequence, columns.times_us[nth], columns.boottime_ns(sequence), kind, command)

    def _labels(self, track: Track, kinds: Collection[str]) -> _Labels:
        key = track.key
        values = {"boot": key.boot, "server": key.server, "pid": key.pid}
        values |= {"major": key.major, "minor": key.minor}
        values["kinds"] = orjson.dumps(list(kinds)).decode()
        asked = _ASKED if kinds else "kind != 'fork'"
        here = "boot = :boot AND server = :server"
        own = f"{here} AND major = :major AND minor = :minor AND {_OWN[key.kind]}"
        meanwhile = self._ids(f"({own} OR {_ANYWHERE}) AND {asked}", values)
        pid = "pane_pid" if key.kind == PANE else "client_pid"
        always = self._ids(f"{here} AND {pid} = :pid AND major IS NULL AND {asked}", values)
        return _Labels(always, meanwhile)

    def _ids(self, condition: str, values: dict[str, Any]) -> frozenset[int]:
        sql = f"SELECT id FROM label WHERE {condition}"
        return frozenset(row[0] for row in self._shard.db.execute(sql, values))


def _frame_of(row: tuple[Any, ...]) -> StoredKeyframe:
    frame = StoredKeyframe(*row)
    *numbers, state, is_sized, doubt = frame
    if not (all(type(n) is int for n in (*numbers, is_sized, doubt or 0)) and type(state) is bytes):
        raise sqlite3.DatabaseError("a keyframe in it is none")
    return frame
