"""tracer.store.index_shard; what can be found in a shard is test_search's."""

from __future__ import annotations

from pathlib import Path

from tests.samples import EXEC, NOW, OUTPUT
from tests.stored import StoredLog
from tracer.store.directory import Directory
from tracer.store.index_file import Position, shard_name
from tracer.store.index_shard import ShardWriter

START = Position(0, 0, 0)


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
