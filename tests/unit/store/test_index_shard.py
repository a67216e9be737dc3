"""tracer.store.index_shard; what can be found in a shard is test_search's."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from tests.samples import EXEC, NOW, OUTPUT
from tests.stored import StoredLog
from tracer.store.directory import Directory
from tracer.store.index_shard import (
    SHARD_RECORDS,
    Position,
    ShardWriter,
    connect,
    first_of_shard,
    shard_name,
)

START = Position(0, 0, 0)


@pytest.mark.parametrize("sequence", [0, SHARD_RECORDS - 1])
def test_a_record_has_one_shard(sequence: int) -> None:
    """Whatever other shards there are."""
    assert first_of_shard(sequence) == 0
    assert first_of_shard(sequence + SHARD_RECORDS) == SHARD_RECORDS


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """It holds what the log holds."""
    ShardWriter(Directory(tmp_path), START, None).close()
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_is_not_committed_is_not_there(tmp_path: Path) -> None:
    """Neither records nor where the next one stands."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC, OUTPUT)
    directory = Directory(tmp_path)
    writer = ShardWriter(directory, START, None)
    for line in log.lines[:2]:
        writer.begin()
        writer.add(line)
        writer.commit()
    writer.begin()
    writer.add(log.lines[2])
    writer.close()
    again = ShardWriter(directory, START, None)
    assert again.position == Position(2, 0, sum(len(line) + 1 for line in log.lines[:2]))
    again.close()


def test_two_writers_know_of_each_other(tmp_path: Path) -> None:
    """Before they add something twice."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    one, other = (ShardWriter(Directory(tmp_path), START, None) for _ in range(2))
    assert one.is_current()
    other.begin()
    other.add(log.lines[0])
    other.commit()
    assert not one.is_current()
    assert other.is_current()
    (tmp_path / shard_name(0)).unlink()
    assert not other.is_current()
    one.close()
    other.close()


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """It is made again by whoever keeps the index."""
    directory = Directory(tmp_path)
    ShardWriter(directory, START, None).close()
    with sqlite3.connect(tmp_path / shard_name(0)) as db:
        db.execute("PRAGMA user_version = 1")
    with pytest.raises(sqlite3.DatabaseError):
        connect(directory, shard_name(0))
