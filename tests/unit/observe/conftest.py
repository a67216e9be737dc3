"""Real tmux servers and clients on private sockets, and a hostile server with its bait."""

from __future__ import annotations

import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HOSTILE = Path(__file__).parents[2] / "hostile_tmux.py"
NOBODY = pwd.getpwnam("nobody")


def eventually(what: Callable[[], object], within_s: float = 5) -> None:
    """Wait until `what()` is true."""
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


class RealTmux:
    """A private tmux server, started by its first `run("new-session", ...)`."""

    def __init__(self, place: Path, binary: str = "tmux", user: int | None = None) -> None:
        self.socket = place / "socket"
        self.place, self.binary, self.user = place, binary, user
        self.clients: list[tuple[subprocess.Popen[bytes], int]] = []
        self.env = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "SHELL": "/bin/sh", "LANG": "C.UTF-8"}

    def run(self, *argv: str | bytes) -> str:
        """What a tmux command prints."""
        done = subprocess.run(
            [self.binary, "-f", "/dev/null", "-u", "-S", self.socket, *argv],
            env=self.env, cwd=self.place, check=True, capture_output=True, user=self.user,
        )  # fmt: skip
        return done.stdout.decode()

    @property
    def pid(self) -> int:
        return int(self.run("display-message", "-p", "#{pid}"))

    def attach(self, session: str, columns: int, rows: int, *flags: str) -> int:
        """Attach a client on a new pty; its pid."""
        before = self.attached()
        master, slave = os.openpty()
        termios.tcsetwinsize(slave, (rows, columns))
        argv = [self.binary, "-u", *flags, "-S", self.socket, "attach-session", "-t", session]
        client = subprocess.Popen(
            argv, env=self.env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        self.clients.append((client, master))
        eventually(lambda: self.attached() == before + 1)
        return client.pid

    def attached(self) -> int:
        return len(self.run("list-clients").splitlines())

    def close(self) -> None:
        if self.socket.exists():
            pidfd = os.pidfd_open(_listener(self.socket))
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)  # kill-server may wait for a session
            assert select.select([pidfd], [], [], 5)[0], "the server did not end"
            os.close(pidfd)
        for client, master in self.clients:
            client.wait(5)
            os.close(master)


def _listener(path: Path) -> int:
    # Not every server says its own pid where it has no session.
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[:4], sys.byteorder)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[RealTmux]:
    server = RealTmux(tmp_path)
    server.run("new-session", "-d", "-s", "first", "-x", "80", "-y", "24", "sleep 1000")
    yield server
    server.close()


class Hostile:
    """A running hostile server of uid nobody, with its evidence in `place`."""

    def __init__(self, mode: str, place: Path) -> None:
        self.place = place
        self.socket = place / "socket"
        self.process = subprocess.Popen(
            [sys.executable, HOSTILE, mode, place],
            stdout=subprocess.PIPE, user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[],
        )  # fmt: skip
        assert self.process.stdout
        assert self.process.stdout.readline() == b"ready\n"

    def files(self) -> set[str]:
        return {path.name for path in self.place.iterdir()}

    def received(self) -> bytes:
        """All that clients sent, once the server has read it."""
        path = self.place / "received"
        time.sleep(0.05)
        return path.read_bytes() if path.exists() else b""

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def public_place() -> Iterator[Path]:
    """A directory that belongs to nobody, where nobody can be attacked and attack."""
    place = Path(tempfile.mkdtemp(prefix="observe-"))
    os.chown(place, NOBODY.pw_uid, NOBODY.pw_gid)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def hostile(public_place: Path) -> Iterator[Callable[[str], Hostile]]:
    """Start a hostile server in a mode; the secret can be read by root and nobody only."""
    started = []
    attack, secret = public_place / "attack.sh", public_place / "secret"
    attack.write_text(f"#!/bin/sh\nmkdir {public_place}/executed\n")
    attack.chmod(0o755)
    secret.write_text("the secret")
    os.chown(secret, NOBODY.pw_uid, NOBODY.pw_gid)
    secret.chmod(0o600)

    def start(mode: str) -> Hostile:
        started.append(Hostile(mode, public_place))
        return started[-1]

    yield start
    for server in started:
        server.close()
