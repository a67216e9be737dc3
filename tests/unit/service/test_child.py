"""A worker as the service sees it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.patience import eventually
from tracer.observe import procfs
from tracer.service import child as module
from tracer.service.child import Child
from tracer.workers.door import Message

AGAIN_NS = module._AGAIN_NS
Process = subprocess.Popen[bytes]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A log without a record."""
    tmp_path.chmod(0o700)
    (tmp_path / "log").mkdir(0o700)
    return tmp_path


def hello(place: Path) -> Message:
    return Message({"directory": str(place)})


def ours() -> int:
    """Descriptors that we have open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def says(what: bytes, *, descriptors: bool = False) -> Callable[[str, int], Process]:
    """A worker that says that, and waits for its end."""
    code = (
        "import socket; end = socket.socket(fileno=0)\n"
        f"socket.send_fds(end, [{what!r}], {[1, 2] if descriptors else []})\n"
        "while end.recv(9): pass"
    )
    command = [sys.executable, "-I", "-c", code]
    return lambda _name, stdin: Process(command, stdin=stdin, stderr=subprocess.DEVNULL)


def hears(child: Child) -> None:
    """A turn after the check, when it has said something."""
    child._next_ns = AGAIN_NS
    assert child._door is not None
    select.select([child._door], [], [])
    child.turn(0)


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


@pytest.mark.parametrize("nonsense", [b"{", b"[]", b"{}", b'{"seen": "%s"}' % (b"x" * 70_000)])
def test_what_can_not_be_ends_the_worker_alone(
    nonsense: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another one is started at the next check, without a wait for the end of this one."""
    monkeypatch.setattr(module, "_process", says(nonsense))
    monkeypatch.setattr(subprocess.Popen, "wait", lambda *_: 1 / 0)
    child = Child("index", lambda: Message({}), lambda message: message.fields["seen"])
    pid = child.pid
    hears(child)
    assert child.trouble == "worker index said something that can't be"
    assert child.pid is None and not child.send({})
    child.turn(1)
    assert child.pid is None
    eventually(lambda: child.turn(1) or not Path(f"/proc/{pid}").exists())
    child.turn(AGAIN_NS)
    assert child.pid not in (None, pid)
    monkeypatch.undo()
    child.close()


def test_descriptors_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a worker sends, what we have open doesn't grow."""
    monkeypatch.setattr(module, "_process", says(b"{}", descriptors=True))
    heard: list[Message] = []
    child = Child("index", lambda: Message({}), heard.append)
    before = ours()
    hears(child)
    assert (len(heard), ours()) == (1, before)
    child.close()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("_process", BlockingIOError(11, "Resource temporarily unavailable")),
        ("pair", OSError(24, "Too many open files")),
    ],
)
def test_one_that_can_not_be_started_is_tried_again(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    """At first, and when the last one has ended; recording goes on."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    before = ours()
    with monkeypatch.context() as patch:
        patch.setattr(module, name, refuse)
        child = Child("index", lambda: hello(place))
        assert child.trouble == f"worker index can't be started: {error}"
        child.turn(0)
        assert (child.pid, ours()) == (None, before)
        child.turn(AGAIN_NS)
        assert child.trouble == f"worker index can't be started: {error}"
    child.turn(2 * AGAIN_NS)
    assert child.pid is not None
    child.turn(3 * AGAIN_NS)
    assert child.trouble is None
    child.close()


def test_a_first_message_that_is_too_large_is_trouble() -> None:
    """The process that was started for it ends."""
    child = Child("index", lambda: Message({"directory": "x" * 70_000}))
    assert child.trouble == "worker index can't be started: a message is too large"
    assert child.pid is None
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
