"""tracer.observe.present, with real servers and clients."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.observe.conftest import NOBODY, RealTmux, eventually
from tracer.model.context import Client, Origin, Place
from tracer.model.facts import Verdict
from tracer.observe import servers
from tracer.observe.present import Present, everyone

PYTHON = Path(sys.executable).resolve()

# Listens on a path, has a child on a terminal of its own, and says what isn't tmux's protocol.
LIAR = """
import os, pty, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
pid, master = pty.fork()
if pid == 0:
    print("here", flush=True)
    sys.stdin.read()
    os._exit(0)
os.read(master, 1)
print("ready", flush=True)
kept = []
while True:
    kept.append(listener.accept()[0])
    kept[-1].send(b"no such protocol")
    kept[-1].shutdown(socket.SHUT_WR)
"""


def present_at(server_pid: int) -> Present:
    # A pane's terminal is its own once its process has run for a moment.
    eventually(lambda: server_pid in {server.pid for server in servers.find_servers()})
    (found,) = [present for present in everyone() if present.server.pid == server_pid]
    return found


def named(clients: tuple[tuple[Place, Client], ...], pid: int) -> tuple[Place, Client]:
    (found,) = [(place, client) for place, client in clients if client.pid == pid]
    return found


def test_clients_are_there_with_their_sessions(tmux: RealTmux) -> None:
    """Who, by the kernel; which session, size and modes, by tmux."""
    tmux.run("new-session", "-d", "-s", "second", "sleep 1000")
    one, other = tmux.attach("first", 90, 30), tmux.attach("second", 80, 24)
    found = present_at(tmux.pid)
    place, client = named(found.clients, one)
    assert (place.session_name, place.server.tgid) == ("first", tmux.pid)
    assert (client.columns, client.rows, client.is_read_only) == (90, 30, False)
    assert client.verified
    assert client.person is not None
    assert client.person.is_client
    assert (client.person.key.tgid, client.person.uid) == (one, 0)
    assert named(found.clients, other)[0].session_name == "second"


def test_who_is_connected_and_not_told_of_is_there(tmux: RealTmux) -> None:
    """This test, which never said what it is; it has no session, and is no client."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.fspath(tmux.socket))
        place, client = named(present_at(tmux.pid).clients, os.getpid())
    assert place.session_id is None
    assert client.person is not None
    assert not client.person.is_client


def test_a_pane_is_the_way_into_a_nested_server(tmux: RealTmux) -> None:
    """A client in a pane came from there."""
    inner = tmux.place / "inner"
    tmux.run("new-session", "-d", f"tmux -f /dev/null -S {inner} new-session 'sleep 1000'")
    nested = RealTmux(tmux.place)
    nested.socket = inner
    eventually(lambda: inner.exists() and nested.attached())
    try:
        ((_, client),) = present_at(nested.pid).clients
        assert client.person is not None
        assert client.person.origin == Origin("tmux", server_pid=tmux.pid)
    finally:
        nested.run("kill-server")


@pytest.mark.parametrize("is_users_own", [True, False])
def test_a_server_that_is_not_believed_hides_nobody(public_place: Path, is_users_own: bool) -> None:
    """A user's program that behaves as a tmux server and talks nonsense is listed, with who is
    connected to it; a program of the system that does so is another multiplexer."""
    exe = Path(shutil.copy(PYTHON, public_place))
    os.chown(exe, NOBODY.pw_uid if is_users_own else 0, 0)
    path = public_place / "listens"
    server = subprocess.Popen(
        [exe, "-c", LIAR, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PYTHONHOME": sys.base_prefix},
    )  # fmt: skip
    try:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.fspath(path))
            found = [present for present in everyone() if present.server.pid == server.pid]
        assert [present.asked.claims.verdict for present in found] == (
            [Verdict.NOT_TMUX] if is_users_own else []
        )
        assert [client.pid for present in found for _, client in present.clients] == (
            [os.getpid()] if is_users_own else []
        )
    finally:
        server.kill()
        server.communicate()
