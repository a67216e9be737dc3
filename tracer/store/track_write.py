"""What a shard keeps of tracks: what each amounts to, and keyframes of its screen.

Invariant: what add() was told since the last commit() is in memory, and no more than that.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import orjson

from tracer.store.acts import SHOWN
from tracer.store.index_entry import Entry
from tracer.store.index_notes import people_in
from tracer.store.tracks import StoredKeyframe, Track, TrackKey

SCHEMA: Final = """
CREATE TABLE track (
    id INTEGER PRIMARY KEY, boot TEXT, server INTEGER, kind TEXT, pid INTEGER, major INTEGER,
    minor INTEGER, host TEXT, pane_id TEXT, session_ids TEXT, session_names TEXT, people TEXT,
    first_us INTEGER, last_us INTEGER, first_ns INTEGER, last_ns INTEGER, first_sequence INTEGER,
    last_sequence INTEGER, columns INTEGER, rows INTEGER, size INTEGER, lost INTEGER);
CREATE INDEX track_of ON track (boot, server, kind, pid, major, minor);
CREATE TABLE keyframe (
    track INTEGER, sequence INTEGER, time_us INTEGER, boottime_ns INTEGER, state BLOB,
    is_sized INTEGER, doubt INTEGER, PRIMARY KEY (track, sequence)) WITHOUT ROWID;
"""
KEY_SQL: Final = "boot = ? AND server = ? AND kind = ? AND pid IS ? AND major = ? AND minor = ?"
"""Of which track a row is; its values are those of a TrackKey."""


class TrackWriter:
    """Adds to the tracks of one shard."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._tracks: dict[TrackKey, Track] = {}
        self._ids: dict[TrackKey, int] = {}

    def add(self, key: TrackKey, sequence: int, entry: Entry) -> None:
        """Counts in a record that is about the terminal."""
        part = _track_of(key, sequence, entry)
        before = self._tracks.get(key) or self._load(key)
        self._tracks[key] = part if before is None else before.join(part)

    def keep(self, key: TrackKey, frame: StoredKeyframe) -> None:
        """Keeps a keyframe of a track that a record was added to since the last commit."""
        row = (self._id(key), *frame)
        self._db.execute("INSERT OR REPLACE INTO keyframe VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def commit(self) -> None:
        """Puts down what came since the last time."""
        for key, track in self._tracks.items():
            row = (self._id(key), *_row(track))
            marks = ", ".join("?" * len(row))
            self._db.execute(f"INSERT OR REPLACE INTO track VALUES ({marks})", row)
        self._tracks.clear()
        self._ids.clear()

    def _load(self, key: TrackKey) -> Track | None:
        row = self._db.execute(f"SELECT * FROM track WHERE {KEY_SQL}", key).fetchone()
        if row is None:
            return None
        self._ids[key] = row[0]
        return load_track(row)

    def _id(self, key: TrackKey) -> int:
        if key not in self._ids:
            # Given at once, so that no other track gets the same one.
            self._db.execute("INSERT INTO track DEFAULT VALUES")
            self._ids[key] = self._db.execute("SELECT last_insert_rowid()").fetchone()[0]
        return self._ids[key]


def load_track(row: tuple[Any, ...]) -> Track:
    """A track from its row; sqlite3.DatabaseError if its numbers are none, since SQLite keeps
    anything anywhere."""
    key, lists, numbers = TrackKey(*row[1:7]), map(orjson.loads, row[9:12]), row[12:]
    if not all(type(number) is int for number in (key.server, key.major, key.minor, *numbers)):
        raise sqlite3.DatabaseError("a track in it is none")
    return Track._make((key, *row[7:9], *map(tuple, lists), *numbers))


def _row(track: Track) -> tuple[Any, ...]:
    key, host, pane_id, *lists = track[:6]
    return (*key, host, pane_id, *(orjson.dumps(each).decode() for each in lists), *track[6:])


def _track_of(key: TrackKey, sequence: int, entry: Entry) -> Track:
    """What one record amounts to."""
    label, act = entry.label, entry.act
    size, columns, rows = (act.size or 0, act.columns, act.rows) if act else (0, 0, 0)
    return Track(
        key, label.host, label.pane,
        (label.session_id,) if label.session_id else (),
        (label.session_name,) if label.session_name else (),
        tuple(dict.fromkeys(people_in(entry.event))),
        entry.time_us, entry.time_us, entry.boottime_ns, entry.boottime_ns, sequence, sequence,
        columns, rows,
        size if label.kind in SHOWN else 0,
        int(label.kind == "lost"),
    )  # fmt: skip
