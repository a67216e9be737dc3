"""The worker that knows names of users."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.workers import names
from tracer.workers.door import Door, pair


@pytest.fixture
def asking() -> Iterator[tuple[Door, subprocess.Popen[bytes]]]:
    """The end that asks, and the worker."""
    (ours, theirs), (control, stdin) = pair(), pair()
    with theirs, stdin:
        worker = subprocess.Popen([sys.executable, "-I", "-m", "tracer.workers.names"], stdin=stdin)
        control.send({}, [theirs.fileno()])
    socket.socket(fileno=os.dup(ours.fileno())).setblocking(True)  # O_NONBLOCK is the pair's
    yield ours, worker
    worker.kill()
    worker.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="giving up root needs root")
def test_it_knows_accounts(asking: tuple[Door, subprocess.Popen[bytes]]) -> None:
    """Those that there are, and it says which have none; its rights are gone by then."""
    door, worker = asking
    for uid, name in ((0, "root"), (3_999_999_999, None)):
        assert door.send({"uid": uid})
        message = door.receive()
        assert message and message.fields == {"uid": uid, "name": name}
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == 0
    assert set(status["Uid"].split()) == {status["Uid"].split()[0]} != {"0"}
    assert not status["Groups"].split()


@pytest.mark.skipif(os.geteuid() != 0, reason="giving up root needs root")
def test_it_ends_with_who_asks(asking: tuple[Door, subprocess.Popen[bytes]]) -> None:
    """In order."""
    door, worker = asking
    door.close()
    assert worker.wait(10) == 0


def test_a_question_that_takes_too_long_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a directory does that doesn't answer."""
    ours, theirs = pair()
    ours.send({"uid": 0})
    monkeypatch.setattr(names, "PATIENCE_S", 1)
    monkeypatch.setattr(names, "user_name", lambda _uid: signal.pause())
    pid = os.fork()
    if pid == 0:
        names.answer(Door(theirs))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGALRM


def test_the_account_is_that_of_the_system() -> None:
    """No list of our own."""
    assert names.user_name(pwd.getpwnam("nobody").pw_uid) == "nobody"
