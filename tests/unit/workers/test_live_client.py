"""tracer.workers.live_client; how clients fare with others is test_live.py's."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.samples import EXEC, NOW
from tests.stored import StoredLog
from tracer.model.selection import Selection
from tracer.store.directory import Directory
from tracer.store.follow import Follower, Line
from tracer.workers.live_client import Client, Peer, Stream, Turn, dropped
from tracer.workers.live_request import View
from tracer.workers.live_window import Window

VIEW = View(Selection(), None, False)
REQUEST = {
    "filter": {"session": "", "pane": "", "user": None, "kinds": ["exec"]},
    "since": None,
}


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def client(ends: tuple[socket.socket, socket.socket]) -> Client:
    return Client(ends[0], Peer.of(ends[0]), 5)


def test_who_it_is(client: Client) -> None:
    """As the kernel tells, with all groups."""
    pid, uid, gids = client.peer
    assert (pid, uid) == (os.getpid(), os.getuid())
    assert gids == {os.getgid(), *os.getgroups()}


def test_a_request_in_pieces(client: Client, ends: tuple[socket.socket, socket.socket]) -> None:
    """Counts once it is whole; what follows counts for nothing."""
    _, theirs = ends
    data = orjson.dumps(REQUEST)
    theirs.send(data[:20])
    assert client.hear() is None
    theirs.send(data[20:] + b"\n")
    request = client.hear()
    assert request is not None and request.fields() == REQUEST
    theirs.send(b"and more\n")
    assert client.hear() is None
    theirs.close()
    with pytest.raises(ConnectionError):
        client.hear()


def test_what_it_does_not_take_waits(
    client: Client, ends: tuple[socket.socket, socket.socket]
) -> None:
    """One text, and the rest of it comes when it reads again."""
    window = Window(1 << 24, 0)
    client.begin({"version": 1}, Stream(VIEW, 0))
    assert client.pump(window, frozenset()) is Turn.IDLE
    event = orjson.dumps({"event": {"action": "gap"}, "ttytrace": {"log": {"x": "y" * 30_000}}})
    window.add([Line(nth, event) for nth in range(100)])
    turn = Turn.BUSY
    while turn is Turn.BUSY:
        turn = client.pump(window, frozenset())
    assert turn is Turn.BLOCKED
    assert client.stream is not None and client.stream.next < 50
    got = b""
    while turn is not Turn.IDLE:
        got += ends[1].recv(1 << 20)
        turn = client.pump(window, frozenset())
    while len(got.splitlines()) < 101 or not got.endswith(b"\n"):
        got += ends[1].recv(1 << 20)
    assert got.splitlines()[1:] == [event] * 100


def test_what_is_too_old_is_told() -> None:
    """A stream that the window has left behind goes on at the end of the log."""
    window = Window(1 << 20, 40)
    stream = Stream(VIEW, 30)
    assert stream.text(window, frozenset()) == dropped(30, 40)
    assert stream.text(window, frozenset()) is None
    assert orjson.loads(dropped(30, 40)) == {"dropped": 10, "from": 30, "to": 39}
    assert dropped(30, 30) == b""


def test_what_was_removed_from_the_store_is_told(tmp_path: Path) -> None:
    """In its place: between what was shown before and what is there."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC)
    directory = Directory(log.path / "log")
    window = Window(1 << 20, 1000)
    for _ in range(2):
        log.segment(NOW)
        log.add(EXEC)
    for name in directory.names()[:2]:
        directory.remove(name)
    stream = Stream(VIEW, 1, Follower(directory, 1))
    first, *rest = (stream.text(window, frozenset()) or b"").splitlines()
    assert orjson.loads(first) == {"dropped": 5, "from": 1, "to": 5}
    assert rest == log.lines[7:8]
    directory.close()
