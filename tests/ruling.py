"""A log that grows, and the rules that follow it, as the service keeps them; no kernel half.

Invariant: the worker is a real process; its account can read the log and the rules.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests import samples
from tests.patience import eventually
from tests.written import Written
from tracer.clock import WallClock, boot_ns
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.model.findings import ProgramStarted
from tracer.model.sealed import Stamp
from tracer.service.alerts import Alerts
from tracer.settings import RuleSettings, Settings
from tracer.sinks.pulse import Pulse
from tracer.sinks.record import RecordSink
from tracer.store.log import Log

RULE = """title: {title}
id: {id}
status: test
level: {level}
tags: [attack.t1059.004]
logsource: {{category: process_creation, product: linux}}
detection:
    selection: {{CommandLine|contains: {word}}}
    condition: selection
"""
ID = "7d1b9c1e-0f1c-4a53-8a0e-0b2b6c7d8e9f"


def rule(word: str, title: str = "A word", id_: str = ID, level: str = "high") -> str:
    """One that is met by programs that have this word as an argument."""
    return RULE.format(word=word, title=title, id=id_, level=level)


class NoKeeper:
    """A log that nobody looks after."""

    is_busy = False

    def step(self, log: object, stamp: Stamp) -> None:
        """Nothing is due."""

    def take(self, request: object) -> None:
        """Nobody asks."""

    def configure(self, settings: object) -> None:
        """There are none."""

    def close(self) -> None:
        """There is nothing to end."""


class Ruling:
    """A log of its own, and `rules`, a directory of rule files. `place`: that of another one, to go
    on in. `settings`: those that hold."""

    def __init__(self, place: Path | None = None) -> None:
        self.place = place or Path(tempfile.mkdtemp(prefix="ttytrace-"))
        self.place.chmod(0o755)
        self.rules = self.place / "rules"
        self.rules.mkdir(mode=0o755, exist_ok=True)
        self.written = Written.at(place) if place else Written(self.place)
        self.settings = RuleSettings(pack=False, directories=(str(self.rules),), repeat_s=0)
        self.alerts: Alerts | None = None
        self._now_ns = 0
        self.reopen()

    def reopen(self) -> None:
        """Takes the log, as a run does."""
        self._wall = WallClock()
        self.log = Log.open(self.written.settings, self._stamp())
        self.first = self.log.size
        self._encoder = Encoder(samples.HOST, samples.names, self._wall)
        pulse = Pulse(os.getpid(), boot_ns())
        self.sink = RecordSink(self.log, NoKeeper(), self._encoder, self._wall, pulse)

    def release(self) -> Path:
        """Gives the log to somebody else; the place."""
        self.log.close(self._stamp())
        return self.place

    def put(self, name: str, text: str) -> Path:
        """A rule file, whole."""
        new = self.place / "new"
        new.write_text(text)
        new.chmod(0o644)
        return new.rename(self.rules / name)

    def start(self, **settings: Any) -> Alerts:
        """As a run does."""
        self.alerts = Alerts(
            self.asked(**settings), self.first, self.sink, lambda work: work(), lambda _fd: None
        )
        return self.alerts

    def asked(self, **settings: Any) -> Settings:
        """What holds, with others."""
        return Settings(log=self.written.settings, rules=replace(self.settings, **settings))

    def stop(self) -> None:
        """As the end of a run does; the next one begins behind what is there."""
        assert self.alerts
        self.alerts.close()
        self.alerts, self.first = None, self.log.size

    def run(self, *argv: str) -> int:
        """Seals that this program started; its sequence."""
        process = samples.PROCESS._replace(argv=tuple(map(str.encode, argv)), argc=len(argv))
        event = self._encoder.encode(ProgramStarted(boot_ns(), process, samples.PLACE))
        self.append(event)
        return int(event["event"]["sequence"])

    def append(self, *events: Fields) -> None:
        """Seals these."""
        now_ns = boot_ns()
        moment = timestamp(self._wall.at(now_ns))
        for event in events:
            event.setdefault("@timestamp", moment)
        self.log.append(list(events), self._stamp())
        assert self.sink.sync()

    def turn(self) -> None:
        """One of the stream."""
        self.skip_s(0.1)
        if self.alerts is not None:
            self.alerts.turn(self._now_ns)
        self.sink.tick()

    def skip_s(self, seconds: float) -> None:
        """So long nothing happens."""
        self._now_ns += round(seconds * 1e9)

    def until_caught_up(self) -> None:
        """Turns until all that is there now was looked at."""
        assert self.sink.sync()
        end = self.log.size
        alerts = self.alerts
        assert alerts
        self.until(lambda: alerts._progress["next"] >= end)

    def until(self, what: Callable[[], Any]) -> Any:
        """Turns until that is true."""

        def turned() -> Any:
            self.turn()
            return what()

        return eventually(turned)

    @property
    def pid(self) -> int:
        """Of the worker."""
        assert self.alerts is not None and self.alerts._child is not None
        return self.alerts._child.pid or 0

    def alerted(self) -> list[Fields]:
        """The alerts in the log."""
        return [each for each in self.written.records() if each["event"]["action"] == "alert"]

    def causes(self) -> list[int]:
        """The records that they are for."""
        return [cause for each in self.alerted() for cause in each["ttytrace"]["alert"]["causes"]]

    def said(self, state: str) -> list[Fields]:
        """The records about rules, of that state."""
        return [each for each in self.written.about("rules") if each["state"] == state]

    def close(self) -> None:
        """Ends all."""
        if self.alerts is not None:
            self.stop()
        self.log.close(self._stamp())
        self.written.remove()
        shutil.rmtree(self.place)

    def _stamp(self) -> Stamp:
        now_ns = boot_ns()
        return Stamp(now_ns, self._wall.at(now_ns))
