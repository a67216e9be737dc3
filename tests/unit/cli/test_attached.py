"""`live` at a service, here one of the test's own that sends what the test says."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.samples import EXEC, HOST, FixedClock, names
from tracer.cli import attached as module
from tracer.cli.attached import Service, connect
from tracer.codec.ecs import Encoder
from tracer.errors import NoService
from tracer.model.selection import Selection

HELLO = {"hello": {"version": 1, "next": 40, "host": {}}}
ENCODER = Encoder(HOST, names, FixedClock())


def event(sequence: int) -> dict[str, Any]:
    fields = ENCODER.encode(EXEC)
    return fields | {"event": fields["event"] | {"sequence": sequence}}


class FakeService:
    """Answers each connection with the next of these answers; `asked`: what it was asked."""

    def __init__(self, path: Path, *answers: list[dict[str, Any]]) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._answers = answers
        self.asked: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        for answer in self._answers:
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rb") as lines:
                self.asked.append(orjson.loads(lines.readline()))
                connection.sendall(b"".join(orjson.dumps(line) + b"\n" for line in answer))


class Seen:
    """A screen; once it has seen `enough`, nobody reads it any more."""

    def __init__(self, enough: int) -> None:
        self.reader, self._writer = os.pipe()
        self.shown: list[Any] = []
        self._enough = enough

    @property
    def pipe(self) -> int:
        return self._writer

    def show(self, _line: bytes, event: dict[str, Any]) -> None:
        self._add(event["event"]["sequence"])

    def miss(self, _line: bytes, dropped: dict[str, Any]) -> None:
        self._add((dropped["from"], dropped["to"]))

    def rest(self) -> None:
        self.shown.append("rest")

    def close(self) -> None:
        os.close(self._writer)

    def _add(self, what: Any) -> None:
        self.shown.append(what)
        if len([each for each in self.shown if each != "rest"]) == self._enough:
            os.close(self.reader)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(module, "_AGAIN_MS", 10)
    yield tmp_path / "live.sock"


def watch(path: Path, screen: Seen, since_ns: int | None = None) -> None:
    connection = connect(path)
    assert connection is not None
    Service(path, connection, Selection(session="work"), since_ns, screen.pipe).watch(screen)
    screen.close()


def test_it_goes_on_where_it_was(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After each end of the service with the record that follows the last, or with what was the
    next when it began."""
    answers = [HELLO], [HELLO, event(41), event(44)], [HELLO, {"dropped": 5, "from": 45, "to": 49}]
    service = FakeService(path, *answers, [HELLO, event(50)])
    screen = Seen(4)
    watch(path, screen)
    service.close()
    assert [each for each in screen.shown if each != "rest"] == [41, 44, (45, 49), 50]
    sinces = [asked["since"] for asked in service.asked]
    assert sinces == [None, {"sequence": 40}, {"sequence": 45}, {"sequence": 50}]
    assert capsys.readouterr().err.count("the service has ended; this goes on") >= 3


def test_it_waits_for_the_next_service(path: Path) -> None:
    """Also where nothing tells when the reader has gone, as with a file."""
    first = FakeService(path, [HELLO, event(41)])
    connection = connect(path)
    assert connection is not None
    path.unlink()
    later: list[FakeService] = []

    def start() -> None:
        later.append(FakeService(path, [{"error": "no more"}]))

    timer = threading.Timer(0.05, start)
    timer.start()
    screen = Seen(2)
    with pytest.raises(NoService, match="no more"):
        Service(path, connection, Selection(), None, None).watch(screen)
    timer.join()
    assert later[0].asked[0]["since"] == {"sequence": 42}
    for service in (first, *later):
        service.close()
    os.close(screen.reader)
    screen.close()


def test_a_terminal_that_is_left_out_is_told(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside what is printed."""
    service = FakeService(path, [HELLO, {"hidden": {"major": 136, "minor": 3}}, event(1)])
    screen = Seen(1)
    watch(path, screen)
    service.close()
    assert "ttytrace: pts/3 shows this, and is left out" in capsys.readouterr().err


def test_what_it_asks(path: Path) -> None:
    """The selection, and from when on."""
    service = FakeService(path, [HELLO, event(1)])
    screen = Seen(1)
    watch(path, screen, 17)
    service.close()
    (asked,) = service.asked
    assert asked["since"] == {"time_ns": 17}
    assert asked["filter"]["session"] == "work"
    assert asked["filter"]["kinds"] == sorted(Selection().kinds)


def test_a_refusal_is_an_error(path: Path) -> None:
    """In the service's words."""
    service = FakeService(path, [{"error": "2 clients watch already"}])
    screen = Seen(1)
    with pytest.raises(NoService, match="2 clients watch already"):
        watch(path, screen)
    service.close()
    os.close(screen.reader)
    screen.close()


def test_where_nobody_listens(path: Path) -> None:
    """There is no service; nor where one was killed."""
    assert connect(path) is None
    socket.socket(socket.AF_UNIX).bind(str(path))
    assert connect(path) is None


def test_somebody_elses_socket_is_not_believed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What root's settings name may still be in a directory that others write."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        listener.listen()
        os._exit(0)
    os.waitpid(pid, 0)
    with pytest.raises(NoService, match="of uid 65534"):
        connect(path)
    listener.close()
