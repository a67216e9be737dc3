"""The canary: a real process that runs what it is told, and goes with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import eventually
from tracer.observe import canary as module
from tracer.observe import procfs
from tracer.observe.canary import Canary


@pytest.fixture
def followed() -> list[int]:
    return []


@pytest.fixture
def canary(followed: list[int]) -> Iterator[Canary]:
    canary = Canary(followed.append)
    yield canary
    canary.close()


def test_it_is_followed_and_in_a_session_of_its_own(canary: Canary, followed: list[int]) -> None:
    """A key that is pressed for us is not for it."""
    (pid,) = followed
    seen = procfs.stat_of(pid)
    assert seen and seen.ppid == os.getpid()
    assert seen.session == pid
    assert Path(f"/proc/{pid}/environ").read_bytes() in (b"", b"PWD=/\0")


def test_it_runs_a_program_with_each_nonce(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A child does, whose last argument it is."""
    tells = tmp_path / "tells"
    tells.write_text(f'#!/bin/sh\necho "$PPID $*" >>{tmp_path}/told\n')
    tells.chmod(0o755)
    monkeypatch.setattr(module, "_SINGS", module._SINGS.replace("/bin/true", str(tells)))
    followed: list[int] = []
    canary = Canary(followed.append)
    told = tmp_path / "told"
    nonces = [canary.sing(), canary.sing()]
    eventually(lambda: told.exists() and len(told.read_text().splitlines()) == 2)
    canary.close()
    assert told.read_text().split() == [
        part for nonce in nonces for part in (str(followed[0]), nonce.decode())
    ]
    assert nonces[0] != nonces[1]


def test_one_that_was_killed_is_replaced(canary: Canary, followed: list[int]) -> None:
    """It may be sent a nonce all the same, which nobody hears."""
    os.kill(followed[0], signal.SIGKILL)
    eventually(lambda: procfs.is_over(followed[0]))
    canary.sing()
    canary.restart()
    assert len(followed) == 2
    assert not procfs.is_over(followed[1])


@pytest.mark.parametrize(("of", "name"), [(os, "pipe2"), (subprocess, "Popen")])
def test_where_there_is_no_room_it_is_not_heard(
    of: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a restart that works; what it had open is closed once."""

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    followed: list[int] = []
    before = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as patch:
        patch.setattr(of, name, refuse)
        canary = Canary(followed.append)
        assert canary.sing()
        canary.close()
    canary.restart()
    with monkeypatch.context() as patch:
        patch.setattr(of, name, refuse)
        canary.restart()
        canary.restart()
    canary.close()
    assert len(followed) == 1 and procfs.is_over(followed[0])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_it_ends_with_us() -> None:
    """Even if we are killed."""
    code = (
        "import time\n"
        "from tracer.observe.canary import Canary\n"
        "canary = Canary(lambda pid: print(pid, flush=True))\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as us:
        assert us.stdout
        pid = int(us.stdout.readline())
        us.kill()
    eventually(lambda: procfs.is_over(pid))
