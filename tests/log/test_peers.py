"""Peers of the socket that mean no good: the recording goes on, and who may ask is still served."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from tests.keeping import SECOND, Kept
from tests.need import lacking
from tracer.store.directory import Directory
from tracer.store.requests import address

NOBODY = 65534
CROWD = 12
CROWDS = 8


@pytest.fixture
def keys(kept: Kept) -> Iterator[Directory]:
    directory = Directory(Path(kept.settings.state))
    yield directory
    directory.close()


def in_child(action: Callable[[], object]) -> Callable[[], bool]:
    """Begins it in another process; tells whether that has ended, and fails if it failed."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)

    def has_ended() -> bool:
        done, status = os.waitpid(pid, os.WNOHANG)
        assert status == 0
        return bool(done)

    return has_ended


def answer_to(keys: Directory, data: bytes) -> object:
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(30)
    peer.connect(address(keys))
    peer.sendall(data)
    return orjson.loads(peer.makefile("rb").readline())["error"]


def test_another_user_is_refused(kept: Kept, keys: Directory) -> None:
    """Even one whom the modes of files don't stop."""
    if os.geteuid() != 0:
        lacking("only root can become another user")
    keys.path.chmod(0o711)
    (keys.path / "socket").chmod(0o666)

    def ask() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        assert answer_to(keys, b'{"read":"x"}\n') == "only root may ask"

    kept.until(in_child(ask))
    assert kept.ours("read") == []


def test_another_user_does_not_come_so_far(kept: Kept, keys: Directory) -> None:
    """As modes are."""
    if os.geteuid() != 0:
        lacking("only root can become another user")

    def ask() -> None:
        os.setgroups([])
        os.setuid(NOBODY)
        with pytest.raises(PermissionError):
            answer_to(keys, b"{}\n")

    kept.until(in_child(ask))


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_keeps_nobody_waiting(kept: Kept, keys: Directory, seed: int) -> None:
    """Those that say nothing, half of something, noise, or leave: each is let go, and a request
    that comes with them is served."""
    chance = random.Random(seed)
    peers = []
    for nth in range(CROWDS):
        for _ in range(CROWD):
            peer = socket.socket(socket.AF_UNIX)
            peer.setblocking(False)
            try:
                peer.connect(address(keys))
            except BlockingIOError:
                continue  # as many as may wait do
            data = [b"", b'{"read":', chance.randbytes(chance.randrange(1, 9000)), b"\n" * 99]
            peer.send(chance.choice(data) or b" ")
            if chance.random() < 0.3:
                peer.close()
            peers.append(peer)
        kept.append(f"event {nth}")
        kept.turn(6 * SECOND)
        kept.turn(6 * SECOND)
    kept.until(in_child(lambda: answer_to(keys, b'{"read":"the good one"}\n')))
    assert [fields["command"] for _, fields in kept.ours("read")] == ["the good one"]
    kept.turn(6 * SECOND)
    kept.turn(6 * SECOND)
    assert not kept.requests._peers
    for peer in peers:
        peer.close()
