"""tracer.cli.cache"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.samples import NOW
from tests.stored import StoredLog
from tracer.cli.cache import index_place
from tracer.errors import BadLog
from tracer.store.directory import Directory


@pytest.fixture
def log(tmp_path: Path) -> Directory:
    """A log with a segment."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    return Directory(log.path)


def test_the_same_copy_has_the_same_place(log: Directory) -> None:
    """Nobody else can look into it, and it is not in the copy."""
    place = index_place(log)
    assert place.path == index_place(log).path
    assert not place.path.is_relative_to(log.path)
    assert place.path.stat().st_mode & 0o777 == 0o700


def test_another_state_of_a_copy_has_another_place(log: Directory) -> None:
    """And what was made of the earlier one is gone."""
    before = index_place(log)
    os.utime(log.path / "log", ns=(1, 1))
    assert index_place(log).path != before.path
    assert not before.path.exists()


def test_no_room_for_an_index(
    log: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is an error that names the place."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(BadLog, match="can't be kept"):
        index_place(log)
