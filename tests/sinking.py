"""A log that grows, and the sinks that follow it, as the service keeps them; no kernel half.

Invariant: the worker is a real process; its account can read the log, which lies where it can come.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import samples
from tests.escape_vectors import VECTORS
from tests.patience import eventually
from tests.written import Written, note
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.privileges import worker_account
from tracer.service.sinks import Sinks
from tracer.settings import Settings, SinkSettings

SECOND = 1_000_000_000
HOSTILE = [*VECTORS.values(), b'"] x="', b"' res=failed '"]
_TIME = "2026-11-20T01:23:20.123456Z"


class Sinking:
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
        self.sinks: Sinks | None = None
        self._now_ns = 0

    def settings(self, *sinks: SinkSettings) -> Settings:
        """With these."""
        return Settings(log=self.written.settings, sinks=sinks)

    def start(self, *sinks: SinkSettings) -> Sinks:
        """As a run does."""
        self.sinks = Sinks(
            self.settings(*sinks), self.first, self._say, lambda work: work(), lambda _fd: None
        )
        return self.sinks

    def stop(self) -> None:
        """As the end of a run does; the next one begins behind what is there."""
        assert self.sinks
        self.sinks.close()
        self.sinks, self.first = None, self.log.size

    def append(self, *events: Fields) -> None:
        """Seals these."""
        self.log.append(list(events), self.written.stamp(1))
        assert self.log.sync(self.written.stamp(1))

    def number(self, *numbers: int) -> None:
        """Seals events of these numbers."""
        self.append(*(note(number) | {"@timestamp": _TIME} for number in numbers))

    def until(self, what: Callable[[], Any]) -> Any:
        """Turns until that is true."""

        def turned() -> Any:
            assert self.sinks
            self._now_ns += SECOND
            self.sinks.turn(self._now_ns)
            return what()

        return eventually(turned)

    @property
    def pid(self) -> int:
        """Of the worker."""
        assert self.sinks is not None and self.sinks._child is not None
        return self.sinks._child.pid

    def state(self, name: str) -> Fields:
        """How this sink said last that it stands."""
        return self.sinks.states.get(name, {}) if self.sinks else {}

    def sequences(self) -> list[int]:
        """Of the programs in the log."""
        events = (record["event"] for record in self.written.records())
        return [event["sequence"] for event in events if event["action"] == "exec"]

    def until_all_came(self, *names: str) -> None:
        """Turns until these have all that is there, for sure."""
        self.until(lambda: all(self.state(each).get("next") == self.log.size for each in names))

    def close(self) -> None:
        """Ends all."""
        if self.sinks is not None:
            self.stop()
        self.log.close(self.written.stamp(1))
        self.written.remove()
        shutil.rmtree(self.place)

    def _say(self, action: str, **fields: object) -> None:
        assert action == "sink"
        self.said.append(fields)


def hostile_events() -> list[Fields]:
    """An exec with each of the vectors, wherever somebody can put one."""
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    events = []
    for hostile in HOSTILE:
        place = samples.PLACE._replace(session_name=hostile.decode(errors="replace"))
        process = samples.PROCESS._replace(argv=(b"ls", hostile), cwd=hostile)
        events.append(encoder.encode(samples.EXEC._replace(process=process, place=place)))
    return events
