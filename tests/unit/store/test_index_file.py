"""tracer.store.index_file"""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from tracer.store.directory import Directory
from tracer.store.index_file import (
    SHARD_RECORDS,
    Position,
    connect,
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
