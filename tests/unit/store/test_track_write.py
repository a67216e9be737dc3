"""tracer.store.track_write"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.samples import HOST, INPUT, LOST, NOW, OUTPUT, PLACE, SECOND, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.model.findings import Finding
from tracer.store.index_entry import Entry, entry_of
from tracer.store.track_write import KEY_SQL, SCHEMA, TrackWriter, load_track
from tracer.store.tracks import StoredKeyframe, Track, TrackKey

KEY = TrackKey(HOST.boot_id, 900, "pane", 1000, 136, 3)
FRAME = StoredKeyframe(8, 1, 2, b"state", True, None)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """A shard's tables."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(SCHEMA)
        yield db


def entry(finding: Finding) -> Entry:
    return entry_of(Encoder(HOST, names, FixedClock()).to_json(finding))


def stored(db: sqlite3.Connection, key: TrackKey) -> Track:
    """What is there of a track."""
    return load_track(db.execute(f"SELECT * FROM track WHERE {KEY_SQL}", key).fetchone())


def test_a_track_is_counted_over_any_number_of_commits(db: sqlite3.Connection) -> None:
    """What it showed, who typed, what is missing, and from when to when."""
    writer = TrackWriter(db)
    writer.add(KEY, 5, entry(OUTPUT))
    writer.add(KEY, 6, entry(INPUT))
    writer.commit()
    other = PLACE._replace(session_id="$2", session_name="play")
    writer.add(KEY, 9, entry(OUTPUT._replace(time_ns=NOW + SECOND, place=other, data=b"abc")))
    writer.add(KEY, 10, entry(LOST._replace(time_ns=NOW + SECOND)))
    writer.commit()
    track = stored(db, KEY)
    assert track[1:6] == ("lab", "%3", ("$1", "$2"), ("work", "play"), ("alice",))
    assert (track.first_ns, track.last_ns) == (NOW, NOW + SECOND)
    assert track[10:] == (5, 10, 80, 24, 9 + 3, 1)


def test_tracks_are_told_apart(db: sqlite3.Connection) -> None:
    """By every part of the key; a pid that isn't known is one, too."""
    keys = [
        KEY, KEY._replace(pid=None), KEY._replace(pid=7), KEY._replace(kind="client"),
        KEY._replace(server=1), KEY._replace(minor=4),
    ]  # fmt: skip
    writer = TrackWriter(db)
    for _ in range(2):
        for number, key in enumerate(keys):
            writer.add(key, number, entry(OUTPUT))
            writer.keep(key, FRAME._replace(sequence=number))
        writer.commit()
    assert [stored(db, key).first_sequence for key in keys] == [*range(6)]
    assert db.execute("SELECT count(DISTINCT track), count(*) FROM keyframe").fetchone() == (6, 6)


@pytest.mark.parametrize("name", ["server", "major", "first_us", "rows", "lost"])
def test_a_damaged_track_is_no_track(db: sqlite3.Connection, name: str) -> None:
    """What is printed or counted with is a number."""
    writer = TrackWriter(db)
    writer.add(KEY, 5, entry(OUTPUT))
    writer.commit()
    db.execute(f"UPDATE track SET {name} = 'x'")
    with pytest.raises(sqlite3.DatabaseError):
        load_track(db.execute("SELECT * FROM track").fetchone())
