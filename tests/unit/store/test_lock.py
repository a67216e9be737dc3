"""tracer.store.lock"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.errors import LogBusy
from tracer.store.directory import Directory
from tracer.store.lock import lock, writer


def test_there_is_one_writer(directory: Directory) -> None:
    """The second is told who the first is; a directory beside it is another log."""
    lock(directory)
    again = Directory(directory.path)
    with pytest.raises(LogBusy, match=rf"\(pid {os.getpid()}\)"):
        lock(again)
    again.close()
    lock(directory.make("another"))


def test_a_lock_ends_with_its_holder(directory: Directory) -> None:
    """Whatever ends it."""
    first = Directory(directory.path)
    lock(first)
    first.close()
    lock(directory)


def test_a_holder_that_can_not_be_seen(directory: Directory, monkeypatch) -> None:
    """As in another pid namespace: /proc/locks calls it 0, or says nothing."""
    lock(directory)
    again = Directory(directory.path)
    monkeypatch.setattr(Path, "read_text", lambda _: "1: FLOCK  ADVISORY  WRITE 0 00:00:0 0 EOF\n")
    with pytest.raises(LogBusy, match="can't be seen"):
        lock(again)
    again.close()


def test_the_writer_is_known_to_all(directory: Directory, tmp_path: Path) -> None:
    """By the lock that it holds, without taking it; nobody holds that of a directory that isn't."""
    assert writer(directory.path) is None
    lock(directory)
    assert writer(directory.path) == os.getpid()
    assert writer(tmp_path / "none") is None
