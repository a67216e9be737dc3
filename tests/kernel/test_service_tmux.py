"""Servers that attack, hang or die are nobody's trouble but their own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests import hostile_tmux
from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log, Record
from tests.kernel.tmux import Tmux
from tests.kernel.witness import END, assert_equal, closed, piped
from tests.patience import eventually
from tracer.observe import canary
from tracer.seal.report import Verdict

NOBODY = pwd.getpwnam("nobody")
MODES = [name for name in vars(hostile_tmux.Attack) if not name.startswith("_")]
SYSTEM_PYTHON = Path("/usr/bin/python3")
COMMAND = struct.pack("=I", hostile_tmux.COMMAND)
# What root runs on the way to becoming somebody else, and the canary.
OURS = {"prlimit", "setpriv", "canary", "true"}


class Hostile(NamedTuple):
    """A hostile server of nobody's, and where it leaves its evidence."""

    mode: str
    pid: int
    place: Path

    @property
    def received(self) -> bytes:
        path = self.place / "received"
        return path.read_bytes() if path.exists() else b""


@pytest.fixture
def hostile() -> Iterator[Callable[[str], Hostile]]:
    """Starts one in a mode; a secret that only root and nobody can read lies beside it. It runs
    from a file that isn't root's, so it is not left alone as a program of the system."""
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="hostile-") as root:
        Path(root).chmod(0o755)
        python = shutil.copy(SYSTEM_PYTHON, root)
        os.chown(python, NOBODY.pw_uid, NOBODY.pw_gid)

        def start(mode: str) -> Hostile:
            place = _bait(Path(root, mode))
            argv = [python, hostile_tmux.__file__, mode, place, "exec sleep infinity"]
            process = subprocess.Popen(
                argv, stdout=subprocess.PIPE, user="nobody", group="nogroup", extra_groups=[]
            )
            started.append(process)
            assert process.stdout and process.stdout.readline() == b"ready\n"
            return Hostile(mode, process.pid, place)

        yield start
        for process in started:
            process.kill()
            process.communicate()


def _bait(place: Path) -> Path:
    place.mkdir()
    attack, secret = place / "attack.sh", place / "secret"
    attack.write_text(f"#!/bin/sh\nmkdir {place}/executed\n")
    attack.chmod(0o755)
    secret.write_text("the secret")
    secret.chmod(0o600)
    for path in (place, attack, secret):
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    return place


@contextmanager
def _children_of(pid: int) -> Iterator[set[str]]:
    """What root runs below a process, meanwhile: programs by their names, workers by theirs."""
    seen, is_over = set[str](), threading.Event()

    def look() -> None:
        while not is_over.wait(0.005):
            for child in psutil.Process(pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    # One that has ended has no command line any more.
                    if child.uids().effective == 0 and child.status() != psutil.STATUS_ZOMBIE:
                        seen.add(_program(child))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        is_over.set()
        looking.join()


def _program(process: psutil.Process) -> str:
    argv = process.cmdline() or [process.name()]
    if argv[-1] == canary._SINGS:
        return "canary"
    worker = next((word for word in argv if word.startswith("tracer.workers.")), "")
    return worker or Path(argv[0]).name


def _server(record: Record) -> int | None:
    pid = record.get("tmux", {}).get("server", {}).get("pid")
    return int(pid) if pid is not None else None


def test_hostile_servers_get_nothing_and_stop_nothing(
    log: Log,
    start_run: StartRun,
    tmux: Tmux,
    tmp_path: Path,
    hostile: Callable[[str], Hostile],
) -> None:
    """One in every mode, all at once: none has run anything, made a file or got one; each is told
    of; another server is recorded as if they weren't there."""
    run = start_run()
    with _children_of(run.pid) as programs:
        servers = [hostile(mode) for mode in MODES]
        eventually(lambda: all(COMMAND in each.received for each in servers))
        pipe = tmp_path / "pipe"
        pane = tmux.new_session(closed("seq 3011"), pipe=pipe)
        expected = piped(pipe)
        for each in servers:
            log.until(lambda record, pid=each.pid: _server(record) == pid)
        log.until(lambda record: END.decode() in str(record.get("process", {}).get("io")))
        log.until_ours("heartbeat", lambda beat: "ms" in beat["canary"])
    for each in servers:
        left = {path.name for path in each.place.iterdir()}
        assert left == {"attack.sh", "secret", "socket", "received"}, each
        assert b"the secret" not in each.received
    assert not {each for each in programs if not each.startswith("tracer.workers.")} - OURS
    run.stop()
    assert_equal(log.output(pane), expected)
    assert log.verify() is Verdict.OK


def test_a_server_that_hangs_or_dies_is_told_and_others_go_on(
    log: Log, start_run: StartRun, tmux: Tmux, tmp_path: Path
) -> None:
    """While one stands still its programs are recorded and another gets its names; then it is
    killed, and that is an event."""
    run = start_run()
    place = tmp_path / "other"
    place.mkdir()
    other, fifo = Tmux(place), tmp_path / "fifo"
    os.mkfifo(fifo)
    hung = tmux.new_session(f": <{fifo}; /bin/echo hung; exec sleep infinity")
    log.until(lambda record: _server(record) == hung.server_pid)
    os.kill(hung.server_pid, signal.SIGSTOP)
    try:
        fifo.open("wb").close()
        log.until(lambda record: record.get("process", {}).get("args") == ["/bin/echo", "hung"])
        pane = other.new_session("exec sleep 1013", name="lively")
        log.until(
            lambda record: (
                _server(record) == pane.server_pid
                and record["tmux"].get("session", {}).get("name") == "lively"
            )
        )
        os.kill(hung.server_pid, signal.SIGKILL)
        gone = log.until(lambda record: record["event"]["action"] == "server-gone")
        assert _server(gone) == hung.server_pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(hung.server_pid, signal.SIGKILL)
        other.close()
    run.stop()
    assert log.verify() is Verdict.OK
