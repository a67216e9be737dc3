"""tracer.store.index_read; which records it finds is test_search's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import EXEC, LOST, NOW, OUTPUT, PLACE, SECOND
from tests.stored import StoredLog
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.index_read import ShardReader
from tracer.store.query import Query


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """Output whose last row is given late, in a later block than its record's."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(OUTPUT._replace(offset=0, data=b"first row\r\nlate row"))
    for nth in range(1400):
        log.add(EXEC._replace(time_ns=NOW + nth * SECOND // 250), sealed=nth % 100 == 99)
    log.add(LOST._replace(time_ns=NOW + 6 * SECOND))
    return log


@pytest.fixture
def index(log: StoredLog) -> Iterator[Index]:
    """Up to date."""
    index = Index(Directory(log.path))
    index.catch_up()
    yield index
    index.close()


@pytest.fixture
def shard(index: Index) -> Iterator[ShardReader]:
    """The only one."""
    shard = ShardReader(index.directory, 0)
    yield shard
    shard.close()


def test_all_rows_of_a_record_are_had(shard: ShardReader) -> None:
    """Those that it finished, and the late one."""
    assert shard.rows(1) == ["first row", "late row"]
    assert shard.rows(2) == []


def test_a_late_row_is_found_in_its_place(shard: ShardReader) -> None:
    """Behind what is newer, though it stands in a later block."""
    assert list(shard.find(Query(regex=re.compile("late row|my file"))))[-1] == 1
    assert list(shard.find(Query(text="late"))) == [1]


def test_gaps_of_a_place_are_told_to_who_asks_for_it(shard: ShardReader) -> None:
    """A gap that has no place would be told to everybody."""
    for query in (Query(), Query(pane="%3"), Query(session="work"), Query(session="$1")):
        assert len(shard.gaps(query)) == 1, query
    for query in (Query(pane="%9"), Query(session="play"), Query(until_us=1)):
        assert shard.gaps(query) == [], query


def test_who_adds_meanwhile_is_not_in_the_way(
    log: StoredLog, index: Index, shard: ShardReader
) -> None:
    """What is read is of one moment."""
    (added,) = log.add(EXEC._replace(place=PLACE))
    index.catch_up()
    found = list(shard.find(Query(kinds=("exec",), limit=0)))
    assert len(found) == 1400
    assert added not in found
    assert shard.end <= added
