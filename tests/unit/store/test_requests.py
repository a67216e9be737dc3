"""Requests over the socket: one line, from root, in time; nobody can make the recording wait."""

from __future__ import annotations

import os
import select
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tracer.store.directory import Directory
from tracer.store.requests import MAX_BYTES, Request, Requests, address

SECOND = 1_000_000_000


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Directory]:
    directory = Directory(tmp_path)
    yield directory
    directory.close()


@pytest.fixture
def requests(keys: Directory) -> Iterator[Requests]:
    requests = Requests(keys)
    yield requests
    requests.close()


@pytest.fixture
def peer(keys: Directory, requests: Requests) -> Iterator[socket.socket]:
    peer = connected(keys)
    yield peer
    peer.close()


def connected(keys: Directory) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(10)
    peer.connect(address(keys))
    return peer


def said(peer: socket.socket) -> object:
    """The error that a peer was told; it is alone then."""
    answer = orjson.loads(peer.makefile("rb").readline())
    assert peer.recv(1) == b""
    return answer["error"]


def test_a_request_comes_in_and_is_answered(requests: Requests, peer: socket.socket) -> None:
    """In as many pieces as it pleases; who asks is what the kernel says."""
    for piece in (b'{"re', b'ad": "x"', b"}"):
        peer.sendall(piece)
        assert requests.poll(0) == []
    peer.sendall(b"\n")
    (request,) = requests.poll(0)
    assert request.asked == {"read": "x"}
    assert (request.by["pid"], request.by["uid"]) == (os.getpid(), os.geteuid())
    assert requests.poll(0) == []
    request.answer()
    assert said(peer) is None


def test_a_failure_is_told(requests: Requests, peer: socket.socket) -> None:
    """As a sentence."""
    peer.sendall(b"{}\n")
    (request,) = requests.poll(0)
    request.answer("no")
    assert said(peer) == "no"


@pytest.mark.parametrize(
    "line", [b"[]\n", b"no json\n", b"\xff\n", b"[" * 60_000 + b"\n", b"{}\n{}\n"]
)
def test_what_is_no_request_is_refused(
    requests: Requests, peer: socket.socket, line: bytes
) -> None:
    """Whatever it is."""
    peer.sendall(line)
    assert requests.poll(0) == []
    assert said(peer)


def test_a_long_request_is_refused(requests: Requests, peer: socket.socket) -> None:
    """Long before it is whole."""
    peer.sendall(b"x" * (MAX_BYTES // 2))
    assert requests.poll(0) == []
    peer.sendall(b"x" * (MAX_BYTES // 2 + 1))
    assert requests.poll(0) == requests.poll(0) == []
    assert "64 KiB" in str(said(peer))


def test_a_slow_request_is_refused(requests: Requests, peer: socket.socket) -> None:
    """A byte now and then keeps nobody waiting for more than five seconds."""
    for second in range(5):
        peer.sendall(b" ")
        assert requests.poll(second * SECOND) == []
    assert requests.poll(5 * SECOND) == []
    assert "time" in str(said(peer))


def test_who_leaves_is_forgotten(requests: Requests, peer: socket.socket) -> None:
    """With half a request."""
    peer.sendall(b"{")
    peer.close()
    assert requests.poll(0) == []


def test_an_answer_that_nobody_reads(keys: Directory, requests: Requests) -> None:
    """Is sent all the same, and costs nothing."""
    peer = connected(keys)
    peer.sendall(b"{}\n")
    requests_now: list[Request] = requests.poll(0)
    peer.close()
    requests_now[0].answer("no")


def test_many_wait_outside(keys: Directory, requests: Requests) -> None:
    """Sixteen that say nothing are heard at a time; the others after them."""
    peers = [connected(keys) for _ in range(16)]
    requests.poll(0)
    late = connected(keys)
    late.sendall(b"{}\n")
    assert requests.poll(SECOND) == []
    assert requests.poll(6 * SECOND) == []
    (request,) = requests.poll(6 * SECOND)
    request.answer()
    for peer in [*peers, late]:
        peer.close()


def test_the_socket_is_roots_alone(keys: Directory, requests: Requests) -> None:
    """And one that a killed run left is no obstacle."""
    state = (keys.path / "socket").stat()
    assert stat.S_ISSOCK(state.st_mode)
    assert stat.S_IMODE(state.st_mode) == 0o600
    again = Requests(keys)
    connected(keys).close()
    again.close()
    assert keys.names() == []
    Requests(keys)  # for the fixture to close


def test_whatever_may_speak_is_watched(keys: Directory) -> None:
    """The listener, and each peer once it is there: a loop that sleeps is woken."""
    watched: list[int] = []
    requests = Requests(keys, watched.append)
    with select.epoll() as poll, connected(keys) as peer:
        for fd in watched:
            poll.register(fd, select.EPOLLIN | select.EPOLLET)
        assert poll.poll(0)
        requests.poll(0)
        assert len(watched) == 2
        poll.register(watched[1], select.EPOLLIN | select.EPOLLET)
        assert not poll.poll(0)
        peer.sendall(b"{}\n")
        assert [fd for fd, _ in poll.poll(0)] == watched[1:]
        (request,) = requests.poll(0)
        request.answer(status={"a": 1})
        assert orjson.loads(peer.recv(100)) == {"error": None, "status": {"a": 1}}
    requests.close()
