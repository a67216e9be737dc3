"""The live server over a log of a test, beside a service that puts on record whoever asks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.patience import PATIENCE_S
from tests.samples import NOW
from tests.stored import StoredLog
from tracer.store.directory import Directory
from tracer.workers.door import Door
from tracer.workers.live import Offer, Server

ALL = ["exec", "end", "fork", "text_output", "tmux", "log"]


class Connection:
    """A client: its socket, and the lines that come."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(path))
        self._lines = self.socket.makefile("rb")

    def ask(self, since: Any = None, **asked: Any) -> Connection:
        """Sends a request."""
        chosen = {"session": "", "pane": "", "user": None, "kinds": ALL} | asked
        self.socket.sendall(orjson.dumps({"filter": chosen, "since": since}) + b"\n")
        return self

    def line(self) -> Any:
        """The next line; None at the end."""
        with suppress(ConnectionError):
            return orjson.loads(self._lines.readline() or b"null")
        return None

    def sequences(self, count: int) -> list[int]:
        """Of the next records."""
        return [self.line()["event"]["sequence"] for _ in range(count)]

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


class Live:
    """`log` is what is shown. `asked`: what the service heard; `answer`: what it says to that."""

    def __init__(self, place: Path, offer: Offer) -> None:
        self.path = place / "live.sock"
        self.log = StoredLog(place / "log")
        self.log.segment(NOW)
        self.log.seal(NOW)
        self.asked: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], Any] = lambda _asked: [None, None]
        self._segments = Directory(self.log.path / "log")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.path))
        listener.listen()
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._door = Door(self._ours)
        self.server = Server(listener, Door(theirs), self._segments, offer, {"name": "here"})
        self._clients: list[Connection] = []
        self._threads = [threading.Thread(target=each) for each in (self.server.serve, self._hear)]
        for thread in self._threads:
            thread.start()

    def connect(self) -> Connection:
        self._clients.append(Connection(self.path))
        return self._clients[-1]

    def watch(self, since: Any = None, **asked: Any) -> Connection:
        """A client that was told hello."""
        client = self.connect().ask(since, **asked)
        assert "hello" in client.line()
        return client

    def tell(self, asked: dict[str, Any], answer: Any) -> None:
        """Answers as the service."""
        self._door.send({"watched": [[asked["watch"], *answer]]})

    def close(self) -> None:
        self._ours.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()
        self._segments.close()

    def _hear(self) -> None:
        while (message := self._door.receive()) is not None:
            if "watch" not in message.fields:
                continue
            self.asked.append(message.fields)
            answer = self.answer(message.fields)
            if answer is not None:
                self.tell(message.fields, answer)


StartLive = Callable[..., Live]


@pytest.fixture
def start_live(tmp_path: Path) -> Iterator[StartLive]:
    started: list[Live] = []

    def start(clients: int = 8, behind_bytes: int = 1 << 20, own_sessions: bool = False) -> Live:
        started.append(Live(tmp_path, Offer(clients, behind_bytes, own_sessions)))
        return started[-1]

    yield start
    for live in started:
        live.close()


@pytest.fixture
def live(start_live: StartLive) -> Live:
    return start_live()
