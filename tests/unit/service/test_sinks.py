"""Sinks as the service sees them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import eventually
from tests.written import Written, note
from tracer.codec.identity import Fields
from tracer.privileges import worker_account
from tracer.service.sinks import Sinks
from tracer.settings import Settings, SinkKind, SinkSettings
from tracer.sinks.worker import Work
from tracer.store.cursors import Cursors
from tracer.store.log import Log

SECOND = 1_000_000_000


class Service:
    """What the recorder does, with a log of its own."""

    def __init__(self, place: Path) -> None:
        self.written = Written(place)
        self.path = place / "out/events"
        self.path.parent.mkdir()
        os.chown(self.path.parent, worker_account().uid, -1)
        self.log: Log = self.written.open()
        self.first = self.log.size
        self.said: list[Fields] = []
        self.now_ns = 0
        sink = SinkSettings(SinkKind.FILE, "copy", path=str(self.path))
        self.settings = Settings(log=self.written.settings, sinks=(sink,))

    def sinks(self) -> Sinks:
        """As they are at a start."""
        return Sinks(self.settings, self.first, self._say, _do, lambda _fd: None)

    def append(self, *numbers: int) -> None:
        """Seals these events."""
        self.log.append([note(number) for number in numbers], self.written.stamp(1))
        assert self.log.sync(self.written.stamp(1))

    def until(self, sinks: Sinks, what: Callable[[], object]) -> None:
        """Turns until that is true."""

        def turned() -> object:
            self.now_ns += SECOND
            sinks.turn(self.now_ns)
            return what()

        eventually(turned)

    def count(self) -> int:
        """Lines in the file."""
        return len(self.path.read_bytes().splitlines()) if self.path.exists() else 0

    def _say(self, action: str, **fields: object) -> None:
        self.said.append({"action": action} | fields)


def _do(work: Work) -> None:
    work()


@pytest.fixture
def service() -> Iterator[Service]:
    place = Path(tempfile.mkdtemp(prefix="ttytrace-"))
    place.chmod(0o755)
    service = Service(place)
    yield service
    service.log.close(service.written.stamp(1))
    service.written.remove()
    shutil.rmtree(place)


def kept(service: Service) -> dict[str, int]:
    """The cursors on the disk."""
    cursors = Cursors(Path(service.settings.log.state))
    try:
        return cursors.read()
    finally:
        cursors.close()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a worker becomes another user")


def test_without_a_sink_nothing_runs(service: Service) -> None:
    """And nothing is kept."""
    service.settings = replace(service.settings, sinks=())
    sinks = service.sinks()
    sinks.turn(SECOND)
    assert sinks.trouble is None
    assert sinks._child is None
    sinks.close()
    assert kept(service) == {}


@needs_root
def test_each_run_goes_on_where_the_last_one_was(service: Service) -> None:
    """Nothing is lost between them."""
    sinks = service.sinks()
    service.append(1, 2)
    service.until(sinks, lambda: sinks.states.get("copy", {}).get("next") == service.log.size)
    sinks.close()
    assert kept(service) == {"copy": service.log.size}
    assert (sinks.states["copy"]["state"], sinks.states["copy"]["kind"]) == ("working", "file")
    service.append(3)
    service.first = service.log.size
    sinks = service.sinks()
    service.until(sinks, lambda: service.count() == 3)
    sinks.close()


@needs_root
def test_what_it_says_is_a_record(service: Service) -> None:
    """As where its file can't be; the cure is named."""
    os.chown(service.path.parent, 0, 0)
    service.path.parent.chmod(0o755)
    sinks = service.sinks()
    service.append(1)
    service.until(sinks, lambda: service.said)
    (said,) = service.said
    assert (said["action"], said["name"], said["state"]) == ("sink", "copy", "failed")
    assert f"chown {worker_account().uid} {service.path.parent}" in said["reason"]
    sinks.close()


@needs_root
def test_other_settings_need_no_other_run(service: Service) -> None:
    """What stays goes on, what is new begins, what went is gone."""
    sinks = service.sinks()
    more = SinkSettings(SinkKind.FILE, "more", path=f"{service.path}.more")
    sinks.configure(replace(service.settings, sinks=(*service.settings.sinks, more)))
    service.append(1)
    service.until(sinks, lambda: set(sinks.states) == {"copy", "more"} and service.count() == 1)
    sinks.configure(replace(service.settings, sinks=()))
    assert sinks.states == {}
    sinks.close()
