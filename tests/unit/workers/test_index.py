"""The index's worker: it keeps the index current, and ends with its door."""

from __future__ import annotations

import os
import resource
import select
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.patience import eventually
from tracer.privileges import effective_of
from tracer.service.child import Child
from tracer.workers import index as module
from tracer.workers.door import Message, pair
from tracer.workers.index import follow


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A log without a record."""
    tmp_path.chmod(0o700)
    (tmp_path / "log").mkdir(0o700)
    return tmp_path


@pytest.fixture
def child(place: Path) -> Iterator[Child]:
    child = Child("index", lambda: Message({"directory": str(place)}))
    yield child
    child.close()


def test_it_makes_an_index_behind_all_others(child: Child, place: Path) -> None:
    """It waits while others work, and has no rights but to the files."""
    eventually((place / "index").exists)
    assert effective_of(child.pid) == 0
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10


def test_it_takes_so_much_memory_and_no_more(child: Child, place: Path) -> None:
    """The unit's is for those who record."""
    eventually((place / "index").exists)
    assert child.pid is not None
    limits = resource.prlimit(child.pid, resource.RLIMIT_DATA)
    assert limits == (320 << 20, 320 << 20)


def test_without_a_log_it_says_so_by_its_exit_code(tmp_path: Path) -> None:
    """As a command does."""
    with closing(Child("index", lambda: Message({"directory": str(tmp_path / "none")}))) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        child.turn(0)
        assert child.trouble == "worker index ended with 66"


def test_it_looks_again_and_again_until_its_door_ends(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log grows on."""
    monkeypatch.setattr(module, "PERIOD_S", 0.01)
    ours, theirs = pair()
    looks: list[int] = []

    def look(_index: object) -> None:
        looks.append(1)
        if len(looks) == 3:
            ours.close()

    monkeypatch.setattr(module.Index, "catch_up", look)
    follow(place, module.Door(theirs))
    assert len(looks) == 3
    assert select.select([theirs], [], [], 0)[0]
    theirs.close()
