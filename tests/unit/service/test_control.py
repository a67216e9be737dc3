"""What is asked over the socket is answered by whom it concerns."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tracer.codec.identity import Fields
from tracer.service.control import Control
from tracer.service.reload import Done
from tracer.store.directory import Directory
from tracer.store.requests import Request, address


class Desk:
    """A control, who it speaks to, and peers."""

    def __init__(self, place: Path) -> None:
        self.watched: list[int] = []
        self.handed: list[Request] = []
        self.reloads: list[tuple[Fields, Done]] = []
        self.keys = Directory(place)
        self.control = Control(
            str(place),
            self.watched.append,
            self.handed.append,
            lambda: {"uptime_s": 7},
            lambda by, done: self.reloads.append((by, done)),
        )

    def ask(self, asked: Fields) -> socket.socket:
        """A peer that has been heard."""
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(5)
        peer.connect(address(self.keys))
        peer.sendall(orjson.dumps(asked) + b"\n")
        self.control.turn(0)
        return peer


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.control.close()
    desk.keys.close()
    assert not (tmp_path / "socket").exists()


def answer(peer: socket.socket) -> Fields:
    with peer:
        fields: Fields = orjson.loads(peer.makefile("rb").readline())
    return fields


def test_status_is_answered_at_once(desk: Desk) -> None:
    """In the turn in which it came."""
    assert answer(desk.ask({"status": True})) == {"error": None, "status": {"uptime_s": 7}}
    assert len(desk.watched) == 2


def test_a_reload_is_answered_when_it_is_done(desk: Desk) -> None:
    """With what came of it; it is known who wanted it."""
    peer = desk.ask({"reload": True})
    ((by, done),) = desk.reloads
    assert set(by) == {"pid", "uid", "loginuid", "tty"}
    done({"error": None, "refused": ["source"]})
    assert answer(peer) == {"error": None, "refused": ["source"]}


@pytest.mark.parametrize("asked", [{"read": "x"}, {"erase": 1, "reason": ""}, {"status": 1}, {}])
def test_the_rest_is_handed_on(desk: Desk, asked: Fields) -> None:
    """Also what nobody knows: it is refused where requests are understood."""
    with desk.ask(asked):
        assert [request.asked for request in desk.handed] == [asked]
        desk.handed[0].answer()
