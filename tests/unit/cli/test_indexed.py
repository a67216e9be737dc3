"""tracer.cli.indexed; how gaps are told is test_search's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from pyzstd import ZstdError

from tests.samples import EXEC, NOW
from tests.stored import StoredLog
from tracer.cli import indexed
from tracer.cli.indexed import Teller, say, searcher
from tracer.errors import BadLog
from tracer.store.index import Index
from tracer.store.query import Query


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """With something in it."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC)
    return log


def test_what_it_says_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands in it."""
    say("a\x1b[2J")
    assert capsys.readouterr().err == "ttytrace: a\\x1b[2J\n"


def test_how_far_it_has_come_is_told_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before a second has passed, and once a second."""
    now = 0
    monkeypatch.setattr(indexed, "boot_ns", lambda: now)
    tell = Teller()
    for now in (0, 999_999_999, 1_000_000_000, 1_500_000_000, 2_000_000_000):
        tell(now)
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition("#")[2] for line in lines] == ["1000000000", "2000000000"]


def test_what_is_not_indexed_is_said(
    log: StoredLog, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is, can be searched; and where nothing is, that is an error."""

    def fail(*_: object, **__: object) -> int:
        raise BadLog(place="index", reason="no room")

    with monkeypatch.context() as broken:
        broken.setattr(Index, "catch_up", fail)
        with pytest.raises(BadLog), searcher(log.path):
            pass
    with searcher(log.path) as asking:
        assert asking.find(Query()) == [1]
    monkeypatch.setattr(Index, "catch_up", fail)
    with searcher(log.path) as asking:
        assert asking.find(Query()) == [1]
    assert "not all of the log was searched: index: no room" in capsys.readouterr().err


@pytest.mark.parametrize("error", [sqlite3.DatabaseError("malformed"), ZstdError("no frame")])
def test_a_damaged_index_says_what_to_do(log: StoredLog, error: Exception) -> None:
    """It is no evidence, and is made again."""
    with pytest.raises(BadLog, match="reindex"), searcher(log.path):
        raise error
