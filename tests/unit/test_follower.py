"""The follower: a process beside us that keeps the index current, and goes with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import eventually
from tracer import follower as module
from tracer.follower import Follower, follow
from tracer.observe import procfs

PERIOD_NS = module._CHECK_NS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A log without a record."""
    tmp_path.chmod(0o700)
    (tmp_path / "log").mkdir(0o700)
    return tmp_path


@pytest.fixture
def follower(place: Path) -> Iterator[Follower]:
    follower = Follower(str(place))
    yield follower
    follower.close()


def test_it_makes_an_index_in_a_group_of_its_own_behind_all_others(
    follower: Follower, place: Path
) -> None:
    """A key that is pressed for us is not for it, and it waits while others work."""
    eventually((place / "index").exists)
    assert os.getpgid(follower.pid) == follower.pid
    assert os.getpriority(os.PRIO_PROCESS, follower.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10
    follower.turn(0)
    assert follower.trouble is None


def ended(pid: int) -> None:
    """Waits until a child is over, and leaves it to be waited for."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def test_one_that_ended_is_started_again_at_the_next_check(follower: Follower) -> None:
    """And what it ended with is told."""
    pid = follower.pid
    follower.turn(0)
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    follower.turn(PERIOD_NS - 1)
    assert follower.pid == pid
    follower.turn(PERIOD_NS)
    assert follower.pid != pid
    assert follower.trouble == "the index's process ended with -9"
    follower.turn(2 * PERIOD_NS)
    assert follower.trouble is None


def test_without_a_log_it_says_so_by_its_exit_code(tmp_path: Path) -> None:
    """As a command does."""
    follower = Follower(str(tmp_path / "none"))
    ended(follower.pid)
    follower.turn(0)
    assert follower.trouble == "the index's process ended with 66"
    follower.close()


def test_it_ends_with_us(place: Path) -> None:
    """Even if we are killed."""
    code = (
        "import sys, time\n"
        "from tracer.follower import Follower\n"
        "print(Follower(sys.argv[1]).pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE) as us:
        assert us.stdout
        pid = int(us.stdout.readline())
        us.kill()
    eventually(lambda: procfs.is_over(pid))


def test_it_looks_again_and_again_until_its_input_ends(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log grows on."""
    monkeypatch.setattr(module, "PERIOD_S", 0.01)
    reader, writer = os.pipe()
    looks: list[int] = []

    def look(_index: object) -> None:
        looks.append(1)
        if len(looks) == 3:
            os.close(writer)

    monkeypatch.setattr(module.Index, "catch_up", look)
    follow(place, reader)
    os.close(reader)
    assert len(looks) == 3
