"""A log that grows, the alerts in it, and the actions that follow it, as the service keeps them; no
kernel half and no rules.

Invariant: the workers are real processes, their account can read the log, and alerts are as
detect/alerts.py makes them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.patience import eventually
from tests.written import Written
from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.detect.alerts import Alert, alert_fields
from tracer.detect.rule import About, Level, Place
from tracer.observe import procfs
from tracer.observe.host import this_host
from tracer.privileges import worker_account
from tracer.service.responses import Responses
from tracer.settings import ActionSettings, Settings
from tracer.workers.respond import processes

SECOND = 1_000_000_000
ABOUT = About(
    key="0c1e",
    place=Place("/rules/reverse-shell.yml", 1),
    title="Reverse shell",
    level=Level.HIGH,
    version="0123456789ab",
    tags=("attack.execution", "attack.t1059.004"),
)


def entity_of(pid: int) -> str:
    """As events name the process."""
    entity = processes().entity_of(pid)
    assert entity is not None
    return entity


def person(pid: int, **fields: Any) -> Fields:
    """A client of tmux, as events have it."""
    return {"pid": pid, "entity_id": entity_of(pid), "role": "client"} | fields


def process(pid: int) -> Fields:
    """The process of an event."""
    seen = procfs.process(pid)
    path = seen.exe if seen and seen.exe else b""
    return {"pid": pid, "entity_id": entity_of(pid), "executable": path.decode()}


def alert(about: About = ABOUT, *, age_s: float = 0, **event: Any) -> Fields:
    """An alert whose cause has these parts."""
    now_ns = time.time_ns()
    cause = {"host": {"name": "lab", "boot": {"id": this_host().boot_id}}} | event
    found = Alert(about, (3,), now_ns - int(age_s * SECOND), cause, {"Image": ("/bin/sh",)})
    fields = alert_fields(found) | {"@timestamp": timestamp(now_ns)}
    fields["ttytrace"] |= {"boottime_ns": time.clock_gettime_ns(time.CLOCK_BOOTTIME)}
    return fields


class Alerting:
    """A log of its own, and `out`, a directory of the worker's account."""

    def __init__(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="ttytrace-"))
        self.place.chmod(0o755)
        self.written = Written(self.place)
        self.out = self.place / "out"
        self.out.mkdir(mode=0o755)
        os.chown(self.out, worker_account().uid, -1)
        self.log = self.written.open()
        self.first = self.log.size
        self.said: list[Fields] = []
        self.responses: Responses | None = None
        self._now_ns = 0

    def settings(self, *actions: ActionSettings) -> Settings:
        """With these."""
        return Settings(log=self.written.settings, actions=actions)

    def start(self, *actions: ActionSettings) -> Responses:
        """As a run does."""
        self.responses = Responses(
            self.settings(*actions), self.first, self._say, lambda work: work(), lambda _fd: None
        )
        return self.responses

    def stop(self) -> None:
        """As the end of a run does; the next one begins behind what is there."""
        assert self.responses
        self.responses.close()
        self.responses, self.first = None, self.log.size

    def append(self, *events: Fields) -> int:
        """Seals these; returns the sequence of the first."""
        first = self.log.size
        self.log.append(list(events), self.written.stamp(1))
        assert self.log.sync(self.written.stamp(1))
        return first

    def until(self, what: Callable[[], Any]) -> Any:
        """Turns until that is true."""

        def turned() -> Any:
            assert self.responses
            self._now_ns += SECOND
            self.responses.turn(self._now_ns)
            return what()

        return eventually(turned, lambda: f"only {self.said}")

    def outcomes(self, count: int = 1) -> list[Fields]:
        """The first so many, once they are there."""
        self.until(lambda: len(self.said) >= count)
        return self.said

    def outcome(self, *events: Fields) -> Fields:
        """What is said next, about the alerts that are sealed now."""
        before = len(self.said)
        self.append(*events)
        return self.outcomes(before + 1)[before]

    def pid(self, worker: str) -> int:
        """Of this one."""
        assert self.responses
        pid = self.responses._children[worker].pid
        assert pid is not None
        return pid

    def state(self, name: str) -> Fields:
        """How this action said last that it stands."""
        return self.responses.states.get(name, {}) if self.responses else {}

    def close(self) -> None:
        """Ends all."""
        if self.responses is not None:
            self.stop()
        self.log.close(self.written.stamp(1))
        self.written.remove()
        shutil.rmtree(self.place)

    def _say(self, action: str, **fields: object) -> None:
        assert action == "response"
        self.said.append(fields)
