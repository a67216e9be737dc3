"""Findings into the sealed log, and what the log says of the run itself, each in its place.

Invariant: what the canary did is in no event.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from tracer.clock import WallClock, boot_ns
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.codec.moment import timestamp
from tracer.model.findings import Finding
from tracer.model.sealed import Stamp
from tracer.settings import LogSettings
from tracer.sinks.pulse import Beat, Pulse
from tracer.store.requests import Request

_BATCH_S: Final = 0.002
_BUSY_S: Final = 0.025
_IDLE_S: Final = 0.1  # a checkpoint is due each second


class Log(Protocol):
    """What store/log.py offers."""

    def append(self, events: list[Fields], stamp: Stamp) -> None:
        """Takes records."""

    def tick(self, stamp: Stamp) -> None:
        """Writes, seals and syncs what is due."""

    @property
    def has_batch(self) -> bool:
        """Whether something was appended that isn't written."""

    def sync(self, stamp: Stamp) -> bool:
        """Whether all that was appended is on the disk now."""

    def rotate(self, stamp: Stamp) -> None:
        """Begins another segment."""

    def configure(self, settings: LogSettings) -> None:
        """Goes by other settings."""

    def close(self, stamp: Stamp) -> None:
        """Writes the end."""


class Keeper(Protocol):
    """What store/housekeeping.py offers."""

    def take(self, request: Request) -> None:
        """Does what is asked, in time."""

    def configure(self, settings: LogSettings) -> None:
        """Goes by other settings."""

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for something to be done."""

    def step(self, log: Log, stamp: Stamp) -> None:
        """Does what can be done now."""

    def close(self) -> None:
        """Ends it."""


class RecordSink:
    """Times are CLOCK_BOOTTIME; `wall` tells when that was for people."""

    def __init__(
        self, log: Log, keeper: Keeper, encoder: Encoder, wall: WallClock, pulse: Pulse
    ) -> None:
        self._log = log
        self._keeper = keeper
        self._encoder = encoder
        self._wall = wall
        self._pulse = pulse
        self.events = 0
        """Of findings, since the start."""
        self.last_beat: tuple[Stamp, Fields] | None = None
        """When the heart beat last, and what of the canary."""

    def write(self, findings: list[Finding]) -> None:
        """Appends findings."""
        left = self._pulse.hear(findings, boot_ns())
        self.events += len(left)
        self._log.append([self._encoder.encode(finding) for finding in left], self._stamp())

    def tick(self) -> None:
        """Lets the log write what is due, and be kept."""
        stamp = self._stamp()
        self._log.tick(stamp)
        self._keeper.step(self._log, stamp)

    def rest_s(self) -> float:
        """For how long tick() has nothing to do, if nothing is written."""
        if self._log.has_batch:
            return _BATCH_S
        return _BUSY_S if self._keeper.is_busy else _IDLE_S

    def serve(self, request: Request) -> None:
        """Begins at once what somebody asks for."""
        self._keeper.take(request)
        self.tick()

    def configure(self, settings: LogSettings) -> None:
        """Goes by other settings from now on."""
        self._log.configure(settings)
        self._keeper.configure(settings)

    def close(self) -> None:
        """Ends the log in order."""
        self._keeper.close()
        self._log.close(self._stamp())

    def say(self, action: str, **fields: Any) -> None:
        """Appends a record about the run."""
        stamp = self._stamp()
        self._log.append([control(action, stamp, **fields)], stamp)

    def alert(self, fields: Fields) -> None:
        """Appends an alert, with the fields of detect/alerts.py."""
        stamp = self._stamp()
        ours = {"boottime_ns": stamp.boot_ns} | fields["ttytrace"]
        event = {"@timestamp": timestamp(stamp.wall_ns)} | fields | {"ttytrace": ours}
        self._log.append([event], stamp)

    def sync(self) -> bool:
        """Whether all that was said is on the disk now."""
        return self._log.sync(self._stamp())

    def gap(self, reason: str, from_ns: int, to_ns: int) -> None:
        """Says that not everything was recorded between these moments of this boot."""
        self.gap_since(reason, self._wall.at(from_ns), to_ns)

    def gap_since(self, reason: str, from_wall_ns: int, to_ns: int) -> None:
        """The same, from a moment that may have been before this boot."""
        end = timestamp(self._wall.at(to_ns))
        self.say("gap", reason=reason, **{"from": timestamp(from_wall_ns), "to": end})

    def beat(self, beat: Beat, fields: Fields) -> None:
        """A heartbeat; with a gap where no canary vouches."""
        verdict = self._pulse.judge(beat, boot_ns())
        if verdict.blind:
            self.gap("blind", *verdict.blind)
        canary = {"missing": True} if verdict.ms is None else {"ms": round(verdict.ms, 3)}
        self.say("heartbeat", canary=canary, **fields)
        self.last_beat = self._stamp(), canary

    def _stamp(self) -> Stamp:
        now_ns = boot_ns()
        return Stamp(now_ns, self._wall.at(now_ns))
