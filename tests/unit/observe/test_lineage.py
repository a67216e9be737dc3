"""Under which server a process is, by /proc: here the tests' own processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.audit_records import heard
from tests.patience import eventually
from tracer.model.events import Tty
from tracer.observe import procfs
from tracer.observe.lineage import Lineage, Under

SERVER = os.getpid()


@pytest.fixture
def child() -> Iterator[int]:
    """A process that we made, as a server makes that of a pane."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def lineage() -> Lineage:
    """It knows us as a server."""
    lineage = Lineage()
    lineage.follow(SERVER, SERVER, 0)
    return lineage


def test_the_child_of_a_server_is_a_pane(lineage: Lineage, child: int) -> None:
    """And so is what it runs, also where a process between them never ran a program."""
    seen = heard(child, time_ns=0, ppid=SERVER)
    assert lineage.chain(seen) == (child, SERVER)
    assert lineage.under((child, SERVER), None) == Under(SERVER, child)
    below = heard(999_999_999, time_ns=0, ppid=child)
    assert lineage.under(lineage.chain(below), None) == Under(SERVER, child)


def test_a_known_parent_ends_the_search(lineage: Lineage) -> None:
    """Processes that are over are known by what was said of them."""
    lineage.follow(999_999_998, SERVER, 77)
    seen = heard(999_999_999, time_ns=0, ppid=999_999_998)
    assert lineage.under(lineage.chain(seen), None) == Under(SERVER, 77)


def test_a_stranger_is_under_none(lineage: Lineage) -> None:
    """Up to the first process."""
    seen = heard(999_999_999, time_ns=0, ppid=os.getppid())
    chain = lineage.chain(seen)
    assert chain[-1] in (0, 1) and lineage.under(chain, None) is None


def test_a_terminal_counts_while_the_pane_has_it(
    lineage: Lineage, child: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all ancestors are over; a number that another terminal has now is nobody's."""
    tty, other = Tty(136, 3), Tty(136, 4)
    there = procfs.stat_of(child)
    assert there is not None
    monkeypatch.setattr(procfs, "stat_of", lambda _pid: there._replace(tty=tty))
    lineage.follow(child, SERVER, child)
    assert lineage.under((5, 4), tty) == Under(SERVER, child)
    assert lineage.under((5, 1), tty) == Under(SERVER, child)  # an orphan
    assert lineage.under((5, 4, 1), tty) is None  # a container's, with terminals of its own
    assert lineage.under((5, 4), other) is None
    monkeypatch.setattr(procfs, "stat_of", lambda _pid: there._replace(tty=other))
    assert lineage.under((5, 4), tty) is None


def test_who_is_over_is_told_once(lineage: Lineage, child: int) -> None:
    """And forgotten."""
    lineage.follow(child, SERVER, child)
    lineage.follow(999_999_999, SERVER, child)
    assert lineage.gone() == {999_999_999: Under(SERVER, child)}
    assert lineage.gone() == {}
    assert lineage.knows(child)


def test_a_server_that_nobody_waits_for_is_over(lineage: Lineage) -> None:
    """A zombie."""
    with subprocess.Popen(["true"]) as process:
        lineage.follow(process.pid, process.pid, 0)
        eventually(lambda: lineage.gone() == {process.pid: Under(process.pid, 0)})


def test_what_is_left_out_is_not_followed(lineage: Lineage, child: int) -> None:
    """A process, or a server with all that is under it."""
    lineage.follow(child, SERVER, child)
    lineage.unfollow(child)
    assert not lineage.knows(child) and lineage.knows(SERVER)
    lineage.ignore_server(SERVER)
    assert not lineage.knows(SERVER)
