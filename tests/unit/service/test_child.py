"""A worker as the service sees it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import eventually
from tracer.observe import procfs
from tracer.service import child as module
from tracer.service.child import Child
from tracer.workers.door import Message

AGAIN_NS = module._AGAIN_NS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A log without a record."""
    tmp_path.chmod(0o700)
    (tmp_path / "log").mkdir(0o700)
    return tmp_path


def hello(place: Path) -> Message:
    return Message({"directory": str(place)})


@pytest.fixture
def child(place: Path) -> Iterator[Child]:
    child = Child("index", lambda: hello(place))
    yield child
    child.close()


def test_a_key_that_is_pressed_for_us_is_not_for_it(child: Child) -> None:
    """It is in a process group of its own."""
    assert os.getpgid(child.pid) == child.pid
    child.turn(0)
    assert child.trouble is None


def test_one_that_ended_is_started_again_at_the_next_check(child: Child) -> None:
    """And what it ended with is told."""
    pid = child.pid
    child.turn(0)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    child.turn(AGAIN_NS - 1)
    assert child.pid == pid
    assert not child.send({})
    child.turn(AGAIN_NS)
    assert child.pid != pid
    assert child.trouble == "worker index ended with -9"
    child.turn(2 * AGAIN_NS)
    assert child.trouble is None


def test_its_end_wakes_whoever_waits_once(place: Path) -> None:
    """And so does what the next one says."""
    with select.epoll() as poll:
        watched: list[int] = []

        def watch(fd: int) -> None:
            watched.append(fd)
            poll.register(fd, select.EPOLLIN)

        child = Child("index", lambda: hello(place), watch=watch)
        child.turn(0)
        os.kill(child.pid, signal.SIGKILL)
        assert poll.poll(10)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        child.turn(0)
        assert not poll.poll(0)
        child.turn(AGAIN_NS)
        assert len(watched) == 2
        child.close()


def test_it_ends_with_us(place: Path) -> None:
    """Even if we are killed."""
    code = (
        "import sys, time\n"
        "from tracer.service.child import Child\n"
        "from tracer.workers.door import Message\n"
        "child = Child('index', lambda: Message({'directory': sys.argv[1]}))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE) as us:
        assert us.stdout
        pid = int(us.stdout.readline())
        us.kill()
    eventually(lambda: procfs.is_over(pid))
