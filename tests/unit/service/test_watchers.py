"""Those who watch: on record, on the disk, and only then answered."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.patience import PATIENCE_S, eventually
from tests.samples import HOST, NOW, names
from tests.stored import StoredLog
from tracer.clock import boot_ns
from tracer.codec.identity import Identities
from tracer.service import watchers as module
from tracer.service.watchers import Watchers, _Question
from tracer.settings import LiveSettings, LogSettings, Settings
from tracer.sinks.worker import Work
from tracer.workers.door import Message

KINDS = ["exec"]
FILTER = {"session": "", "pane": "", "user": None, "kinds": KINDS}
REQUEST = {"filter": FILTER, "since": None}


class Sink:
    """A log's, that says whether what was said is on the disk."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.is_synced = True

    def say(self, action: str, **fields: Any) -> None:
        self.said.append((action, fields))

    def sync(self) -> bool:
        return self.is_synced


class Place:
    """Watchers of a log in a directory; `work`: what the log's thread was given to do."""

    def __init__(self, place: Path) -> None:
        self.log = StoredLog(place / "log")
        self.log.segment(NOW)
        self.log.seal(NOW)
        for path in place.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o640)
        self.socket = place / "live.sock"
        self.sink = Sink()
        self.work: list[Work] = []
        settings = Settings(
            log=LogSettings(directory=str(self.log.path)),
            live=LiveSettings(socket=str(self.socket)),
        )
        identities = Identities(HOST, names)
        self.watchers = Watchers(settings, identities, self.sink, self.work.append, lambda _: None)

    def ask(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(30)
        client.connect(str(self.socket))
        client.sendall(orjson.dumps(REQUEST) + b"\n")
        eventually(lambda: self.watchers.turn(boot_ns()) or self.work)
        return client


def question() -> _Question:
    """As if we were a client."""
    return _Question(1, 1, os.getpid(), os.getuid(), boot_ns(), REQUEST)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    tmp_path.chmod(0o755)
    place = Place(tmp_path)
    yield place
    place.watchers.close()
    assert not place.socket.exists()


def test_a_watcher_is_on_record_first(place: Place) -> None:
    """Who it is as the kernel and /proc know it, where from, and what it asked for."""
    with place.ask() as client:
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        place.work.pop()()
        ((action, fields),) = place.sink.said
        assert (action, fields["command"], fields["since"]) == ("read", "live", None)
        assert fields["filter"]["kinds"] == KINDS
        by = fields["by"]
        assert (by["pid"], by["uid"]) == (os.getpid(), os.getuid())
        assert {"loginuid", "tty", "origin"} <= set(by)
        client.settimeout(30)
        assert b"hello" in client.recv(4096)


def test_who_can_not_be_put_on_record_is_shown_nothing(place: Place) -> None:
    """The disk doesn't take it."""
    place.sink.is_synced = False
    with place.ask() as client:
        place.work.pop()()
        assert b"it can't be put on record" in client.recv(4096)


def test_a_process_that_has_gone_is_no_watcher(place: Place) -> None:
    """Nor is one that has its number now."""
    asked = question()
    assert place.watchers._who(asked, {}).error is None
    assert place.watchers._who(asked._replace(connected_ns=1), {}).error is not None
    assert place.watchers._who(asked._replace(pid=1 << 22), {}).error is not None
    assert place.watchers._who(asked._replace(uid=os.getuid() + 1), {}).error is not None


@pytest.mark.parametrize(
    "more",
    [{"by": {}}, {"command": "x"}, {"stamp": 1}, {"since": "x"}, {"filter": {}}, {"filter": 1}],
)
def test_the_worker_does_not_make_the_record(place: Place, more: dict[str, Any]) -> None:
    """It says which filter, and since when; where that is something else, nobody is shown."""
    found = place.watchers._who(question()._replace(request=REQUEST | more), {})
    assert (found.record, found.error) == ({}, "nothing is asked for")


def test_an_answer_is_for_the_worker_that_asked(place: Place) -> None:
    """The next one has the same number for somebody else, who isn't on record yet."""
    child = place.watchers._child
    assert child is not None
    place.ask().close()
    later = place.work.pop()
    child.close()
    child._start()
    with place.ask() as client:
        later()
        place.sink.is_synced = False
        place.work.pop()()
        assert b"it can't be put on record" in client.recv(4096)


def test_many_are_put_on_record_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes soon after another waits for the rest: the disk is asked once."""
    waits, is_over = list[float](), threading.Event()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        assert not seconds or is_over.wait(PATIENCE_S)

    monkeypatch.setattr(module, "sleep", wait)
    monkeypatch.setattr(module, "_PACE_S", 3600)
    asked = question()._asdict()
    said = Message(asked | {"watch": 1})
    place.watchers._hear(said)
    eventually(lambda: place.work)
    for _ in range(5):
        place.watchers._hear(said)
    is_over.set()
    place.watchers._thread.shutdown()
    assert [bool(seconds) for seconds in waits] == [False, True]
    first, rest = place.work
    first()
    assert len(place.sink.said) == 1
    rest()
    assert len(place.sink.said) == 6


@pytest.mark.parametrize("missing", ["watch", "pid", "uid", "connected_ns"])
@pytest.mark.parametrize("wrong", [None, [], "x"])
def test_what_is_no_question_is_not_answered(place: Place, missing: str, wrong: Any) -> None:
    """Nor is it an error of the service."""
    _, _, pid, uid, connected_ns, request = question()
    asked = {"watch": 1, "pid": pid, "uid": uid, "connected_ns": connected_ns, "request": request}
    place.watchers._hear(Message(asked | {missing: wrong}))
    del asked[missing]
    place.watchers._hear(Message(asked | {"clients": "x", "dropped": 0}))
    assert place.watchers.state == {"clients": 0, "dropped": 0}
    place.ask().close()
    (work,) = place.work
    work()
    assert all(fields["command"] == "live" for _, fields in place.sink.said)
    assert len(place.sink.said) == 1


def test_where_another_listens_nobody_can_watch(place: Place) -> None:
    """It goes on, and says why."""
    settings = Settings(live=LiveSettings(socket=str(place.socket)))
    second = Watchers(settings, Identities(HOST, names), Sink(), print, print)
    second.turn(boot_ns())
    assert "another process listens there" in (second.trouble or "")
    second.close()
    assert place.socket.exists()
