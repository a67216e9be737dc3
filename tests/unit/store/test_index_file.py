"""tracer.store.index_file"""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tracer.store.directory import Directory
from tracer.store.index_file import (
    SHARD_RECORDS,
    Position,
    check_taken,
    connect,
    digest_of_terminals,
    first_of_shard,
    make,
    shard_name,
)

START = Position(0, 0, 0)
NEXT = Position(SHARD_RECORDS, 7, 99)


@pytest.mark.parametrize("sequence", [0, SHARD_RECORDS - 1])
def test_a_record_has_one_shard(sequence: int) -> None:
    """Whatever other shards there are."""
    assert first_of_shard(sequence) == 0
    assert first_of_shard(sequence + SHARD_RECORDS) == SHARD_RECORDS


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """It holds what the log holds."""
    make(Directory(tmp_path), START, None)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """It is made again by whoever keeps the index."""
    directory = Directory(tmp_path)
    make(directory, START, None)
    with sqlite3.connect(tmp_path / shard_name(0)) as db:
        db.execute("PRAGMA user_version = 1")
    with pytest.raises(sqlite3.DatabaseError):
        connect(directory, shard_name(0))


def full(directory: Directory, screen: bytes) -> None:
    """A file that hands over one terminal."""
    make(directory, START, None)
    with closing(connect(directory, shard_name(0))) as db:
        db.execute(
            "INSERT INTO terminal VALUES ('name', 1, 'pane', 2, 3, 0, x'7b7d', ?)", (screen,)
        )
        db.execute(
            "UPDATE state SET last_us = 5, run_end = 'torn', handed = ?", (digest_of_terminals(db),)
        )


def test_a_file_goes_on_from_the_one_before(tmp_path: Path) -> None:
    """With its terminals, and what is known of the run."""
    directory = Directory(tmp_path)
    full(directory, b"screen")
    make(directory, NEXT, 0)
    with closing(connect(directory, shard_name(SHARD_RECORDS))) as db:
        check_taken(directory, db, 0)
        state = db.execute("SELECT * FROM state").fetchone()
        assert state[:5] == (*NEXT, 5, "torn")
        assert db.execute("SELECT name, screen FROM terminal").fetchall() == [("name", b"screen")]


def test_a_file_that_goes_on_from_something_else_is_not_used(tmp_path: Path) -> None:
    """When the one before was made anew and has other terminals; where none is before, what it
    goes on from can't be known."""
    directory = Directory(tmp_path)
    full(directory, b"screen")
    make(directory, NEXT, 0)
    with closing(connect(directory, shard_name(SHARD_RECORDS))) as db:
        (tmp_path / shard_name(0)).unlink()
        for suffix in ("-wal", "-shm"):
            (tmp_path / (shard_name(0) + suffix)).unlink(missing_ok=True)
        full(directory, b"another")
        check_taken(directory, db, None)
        with pytest.raises(sqlite3.DatabaseError):
            check_taken(directory, db, 0)
