"""A connection, and what its peer has for sure."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.patience import eventually
from tracer.sinks import stream as module
from tracer.sinks.driver import Unusable
from tracer.sinks.stream import Stream, connect


@pytest.fixture
def pair() -> Iterator[tuple[Stream, socket.socket]]:
    """A connection over TCP, and its peer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = connect(f"tcp:127.0.0.1:{server.getsockname()[1]}", "")
        peer, _ = server.accept()
    stream = Stream(ours)
    yield stream, peer
    stream.close()
    peer.close()


def test_what_was_just_taken_may_be_lost(
    pair: tuple[Stream, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the peer's kernel has it for a while, it may not."""
    stream, _ = pair
    stream.send(b"a", 3)
    stream.send(b"b", 8)
    assert stream.unsettled() == 3
    monkeypatch.setattr(module, "SETTLE_S", 0)
    eventually(lambda: stream.unsettled() is None)


def test_what_the_peer_does_not_take_is_never_settled(
    pair: tuple[Stream, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And sending ends, however long it reads nothing."""
    stream, _ = pair
    monkeypatch.setattr(module, "SETTLE_S", 0)
    stream._socket.settimeout(0.2)
    stream.send(b"first", 1)
    eventually(lambda: stream.unsettled() is None)
    with pytest.raises(TimeoutError):
        stream.send(b"x" * (64 << 20), 2)
    assert stream.unsettled() == 2


def test_a_peer_that_went_is_noticed_before_anything_is_sent(
    pair: tuple[Stream, socket.socket],
) -> None:
    """Though TCP would take it; what it said before is nothing to us."""
    stream, peer = pair
    peer.send(b"hello")
    stream.check()
    peer.close()
    with pytest.raises(ConnectionResetError):
        eventually(stream.check)


@pytest.mark.parametrize("address", ["tcp:localhost", "udp:x:1", "tcp:::1:5", "x", "tls::5"])
def test_an_address_that_is_none(address: str) -> None:
    """It says what there is."""
    with pytest.raises(Unusable, match="tls:HOST:PORT"):
        connect(address, "")


def test_addresses_of_six_stand_in_brackets() -> None:
    """As everywhere."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        connect(f"tcp:[::1]:{server.getsockname()[1]}", "").close()
