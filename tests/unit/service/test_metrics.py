"""Metrics as the service gives them: its socket, its worker, and what that may ask."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S, eventually
from tests.unit.service.states import state
from tracer.clock import boot_ns
from tracer.service.metrics import Metrics
from tracer.settings import MetricsSettings

GET = b"GET /metrics HTTP/1.0\r\n\r\n"


def at(path: Path) -> MetricsSettings:
    return MetricsSettings(f"unix:{path}")


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[Metrics]:
    made = Metrics(at(tmp_path / "socket"), state, lambda _: None)
    yield made
    made.close()


def scraped(metrics: Metrics, address: Path | tuple[str, int]) -> bytes:
    """The answer, while the service turns."""
    is_unix = isinstance(address, Path)
    peer = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET)
    with peer:
        peer.settimeout(PATIENCE_S)
        peer.connect(str(address) if is_unix else address)
        peer.sendall(GET)
        peer.setblocking(False)
        found = b""

        def is_whole() -> bool:
            nonlocal found
            metrics.turn(boot_ns())
            try:
                part = peer.recv(1 << 16)
            except BlockingIOError:
                return False
            found += part
            return not part

        eventually(is_whole)
    return found


def test_a_scrape_brings_the_status(metrics: Metrics, tmp_path: Path) -> None:
    """Over a socket that root and the group may use."""
    path = tmp_path / "socket"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert b"ttytrace_uptime_seconds 93784.5" in scraped(metrics, path)
    assert metrics.trouble is None


def test_other_settings_move_it(metrics: Metrics, tmp_path: Path) -> None:
    """To a port, and to nowhere; what was there goes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    metrics.configure(MetricsSettings(f"127.0.0.1:{port}"))
    assert not (tmp_path / "socket").exists()
    assert scraped(metrics, ("127.0.0.1", port)).startswith(b"HTTP/1.1 200")
    metrics.configure(MetricsSettings())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    assert metrics.trouble is None


def test_an_address_that_is_taken_is_trouble(metrics: Metrics) -> None:
    """Recording goes on without."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        metrics.configure(MetricsSettings(address))
    assert metrics.trouble is not None and address in metrics.trouble
    metrics.turn(boot_ns())


@pytest.mark.parametrize("reason", ["x" * 70_000, 1 << 70])
def test_a_status_that_is_no_message_is_trouble(tmp_path: Path, reason: object) -> None:
    """Who asked is told so; and the next status is as ever."""
    path, held = tmp_path / "socket", {"status": state(plan_reason=reason)}
    metrics = Metrics(at(path), lambda: held["status"], lambda _: None)
    assert scraped(metrics, path).startswith(b"HTTP/1.1 503")
    assert metrics.trouble is not None and metrics.trouble.startswith("metrics: ")
    held["status"] = state()
    assert scraped(metrics, path).startswith(b"HTTP/1.1 200")
    assert metrics.trouble is None
    metrics.close()
