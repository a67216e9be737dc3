"""Scrapes over a real socket: answered, and nobody who sends nonsense or nothing is in the way."""

from __future__ import annotations

import http.client
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.patience import PATIENCE_S, eventually
from tests.unit.service.states import state
from tracer.codec.identity import Fields
from tracer.workers import metrics
from tracer.workers.door import Door, pair

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


class Scrapes:
    """A worker that serves, and the service that it asks."""

    def __init__(self, deadline_s: float) -> None:
        self.door, theirs = pair()
        with socket.create_server(("127.0.0.1", 0)) as listener, theirs:
            self.address = listener.getsockname()
            code = (
                f"from tracer.workers import metrics; metrics.DEADLINE_S = {deadline_s}\n"
                "metrics.become = lambda *_: None; metrics.main()"
            )
            self.process = subprocess.Popen([sys.executable, "-c", code], stdin=theirs.fileno())
            self.door.send({}, [listener.fileno()])

    def connect(self, data: bytes = b"") -> socket.socket:
        peer = socket.create_connection(self.address, PATIENCE_S)
        peer.sendall(data)
        return peer

    def answer(self, fields: Fields | None = None) -> None:
        """The service says how it is, or that, once it is asked."""
        eventually(lambda: _asks(self.door))
        self.door.send(fields or {"status": state()})

    def close(self) -> None:
        self.door.close()
        assert self.process.wait(PATIENCE_S) == 0


@pytest.fixture
def scrapes() -> Iterator[Scrapes]:
    made = Scrapes(PATIENCE_S)
    yield made
    made.close()


def whole(peer: socket.socket) -> bytes:
    with peer:
        return peer.makefile("rb").read()


def status_of(answer: bytes) -> bytes:
    return answer.split(b"\r\n")[0]


def test_a_service_that_can_not_say_is_an_answer(scrapes: Scrapes) -> None:
    """And the next one is as ever."""
    peer = scrapes.connect(GET)
    scrapes.answer({"error": "a message is too large"})
    assert status_of(whole(peer)) == b"HTTP/1.1 503 Service Unavailable"
    peer = scrapes.connect(GET)
    scrapes.answer()
    assert status_of(whole(peer)) == b"HTTP/1.1 200 OK"


def test_a_scrape_is_what_the_service_says(scrapes: Scrapes) -> None:
    """Over HTTP as a client of Prometheus speaks it."""
    client = http.client.HTTPConnection(*scrapes.address, timeout=PATIENCE_S)
    client.request("GET", "/metrics", headers={"Accept": "text/plain;version=0.0.4"})
    scrapes.answer()
    response = client.getresponse()
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    families = list(text_string_to_metric_families(response.read().decode()))
    assert "ttytrace_uptime_seconds" in {family.name for family in families}


def test_openmetrics_is_spoken_where_it_is_wanted(scrapes: Scrapes) -> None:
    """Prometheus asks for it first."""
    accept = b"GET /metrics HTTP/1.1\r\nACCEPT: application/openmetrics-text; version=1.0.0\r\n\r\n"
    peer = scrapes.connect(accept)
    scrapes.answer()
    answer = whole(peer)
    assert b"Content-Type: application/openmetrics-text" in answer
    assert answer.endswith(b"# EOF\n")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 Method Not Allowed"),
        (b"\x16\x03\x01\x02\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /metrics\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 9000, b"HTTP/1.1 431"),
    ],
)
def test_what_is_no_scrape_does_not_reach_the_service(
    scrapes: Scrapes, data: bytes, status: bytes
) -> None:
    """It is answered as HTTP wants it."""
    assert status_of(whole(scrapes.connect(data))).startswith(status)
    with pytest.raises(BlockingIOError):
        scrapes.door.receive()


def test_those_who_say_nothing_are_in_nobodys_way(scrapes: Scrapes) -> None:
    """As many as there may be, less one."""
    idle = [scrapes.connect(b"GET /me") for _ in range(metrics.MAX_CLIENTS - 1)]
    peer = scrapes.connect(GET)
    scrapes.answer()
    assert status_of(whole(peer)) == b"HTTP/1.1 200 OK"
    eventually(lambda: _is_full(scrapes))
    for each in idle:
        each.close()


def _is_full(scrapes: Scrapes) -> bool:
    """Whether one more, and one more than that, are sent away."""
    with scrapes.connect(b"GET"), scrapes.connect() as late:
        late.settimeout(0.2)
        try:
            return late.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def test_who_is_slow_is_cut_off() -> None:
    """So is who waits for a service that says nothing."""
    scrapes = Scrapes(0.2)
    assert whole(scrapes.connect(b"GET /met")) == b""
    assert whole(scrapes.connect(GET)) == b""
    scrapes.close()


def test_it_ends_with_the_service(tmp_path: Path) -> None:
    """Whoever is connected."""
    scrapes = Scrapes(PATIENCE_S)
    with scrapes.connect(GET):
        scrapes.close()


def test_one_question_serves_all_who_wait(scrapes: Scrapes) -> None:
    """The service is asked anew by those alone who come after its answer."""
    first = scrapes.connect(GET)
    eventually(lambda: _asks(scrapes.door))
    others = [scrapes.connect(GET) for _ in range(4)]
    whole(scrapes.connect(b"GET / HTTP/1.1\r\n\r\n"))  # behind theirs
    scrapes.door.send({"status": state()})
    assert status_of(whole(first)) == b"HTTP/1.1 200 OK"
    asked = 1

    def is_served() -> bool:
        nonlocal asked
        if _asks(scrapes.door):
            asked += 1
            scrapes.door.send({"status": state()})
        return len(select.select(others, [], [], 0)[0]) == len(others)

    eventually(is_served)
    assert asked <= 2
    assert {status_of(whole(other)) for other in others} == {b"HTTP/1.1 200 OK"}


def _asks(door: Door) -> bool:
    try:
        return door.receive() is not None
    except BlockingIOError:
        return False
