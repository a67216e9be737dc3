"""What systemd hears, on a socket as systemd's."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from tracer.clock import monotonic_ns
from tracer.service.notify import Notifier, Work
from tracer.sinks.worker import Worker

PERIOD_US = 30_000_000
HALF_NS = 15_000_000_000


class Idle:
    """A sink with nothing to do."""

    def write(self, findings: list[object]) -> None:
        raise AssertionError

    def tick(self) -> None:
        pass

    def rest_s(self) -> float:
        return 1.0

    def close(self) -> None:
        pass


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    """What listens where NOTIFY_SOCKET says."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        name = f"\0ttytrace-{os.getpid()}" if request.param == "abstract" else f"{tmp_path}/notify"
        sock.bind(name)
        sock.setblocking(False)
        yield sock


def environment(systemd: socket.socket, **more: str) -> dict[str, str]:
    name = systemd.getsockname()
    text = f"@{name[1:].decode()}" if isinstance(name, bytes) else name
    return {"NOTIFY_SOCKET": text, "PATH": "/bin", **more}


def heard(systemd: socket.socket) -> list[str]:
    said = []
    while True:
        try:
            said.append(systemd.recv(4096).decode())
        except BlockingIOError:
            return said


def at_once(work: Work) -> None:
    work()


def test_each_state_is_told(systemd: socket.socket) -> None:
    """By a path, and by an abstract name; and when a reload began, in microseconds."""
    notifier = Notifier(at_once, environment(systemd))
    before_us = monotonic_ns() // 1000
    notifier.ready("recording (kprobe plan)")
    notifier.reloading()
    notifier.stopping()
    ready, reloading, stopping = heard(systemd)
    assert ready == "READY=1\nSTATUS=recording (kprobe plan)"
    assert stopping == "STOPPING=1"
    found = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", reloading)
    assert found and before_us <= int(found[1]) <= monotonic_ns() // 1000


def test_nobody_else_may_speak_for_us(systemd: socket.socket) -> None:
    """What we start doesn't get to know where systemd listens."""
    variables = environment(systemd, WATCHDOG_USEC="1", WATCHDOG_PID="2")
    Notifier(at_once, variables)
    assert variables == {"PATH": "/bin"}


def test_life_is_told_twice_in_each_period(systemd: socket.socket) -> None:
    """And not at each turn."""
    us = {"WATCHDOG_USEC": str(PERIOD_US), "WATCHDOG_PID": str(os.getpid())}
    notifier = Notifier(at_once, environment(systemd, **us))
    for now_ns in (0, HALF_NS - 1, HALF_NS, 2 * HALF_NS - 1, 2 * HALF_NS):
        notifier.turn(now_ns)
    assert heard(systemd) == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize("more", [{}, {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}])
def test_life_is_not_told_where_nobody_asked_us(
    systemd: socket.socket, more: dict[str, str]
) -> None:
    """Without a watchdog, or with one of another process."""
    Notifier(at_once, environment(systemd, **more)).turn(0)
    assert not heard(systemd)


def test_a_log_that_stands_still_is_no_life(systemd: socket.socket) -> None:
    """While the thread that writes it hangs, the stream's turns tell nothing."""
    us = {"WATCHDOG_USEC": str(PERIOD_US)}
    worker, hangs, may_go_on = Worker(Idle()), Event(), Event()
    notifier = Notifier(worker.do, environment(systemd, **us))

    def hang() -> None:
        hangs.set()
        may_go_on.wait()

    worker.do(hang)
    hangs.wait()
    notifier.turn(0)
    notifier.turn(HALF_NS)
    assert not heard(systemd)
    may_go_on.set()
    worker.close()
    assert heard(systemd) == ["WATCHDOG=1"] * 2


def test_without_systemd_nothing_is_told() -> None:
    """No variable, or a socket that is gone or full, is no error."""
    Notifier(at_once, {}).ready("")
    Notifier(at_once, {"NOTIFY_SOCKET": "/nowhere/at/all"}).ready("")


def test_a_systemd_that_does_not_read_stops_nothing(systemd: socket.socket) -> None:
    """Its socket is full, and what we say is lost."""
    notifier = Notifier(at_once, environment(systemd))
    for _ in range(1000):
        notifier.stopping()
    assert len(heard(systemd)) < 1000
