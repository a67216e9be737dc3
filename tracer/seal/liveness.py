"""Whether recording went on all the time: runs and their ends, silence, clocks.

Invariant: only what is sealed counts, since anybody could add a `stop` behind the last seal. Seals
come every second while ttytrace runs, so the time between two is what was not recorded.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tracer.codec.identity import Fields
from tracer.seal.claims import moment
from tracer.seal.report import Problem, Problems, Verdict

SILENCE_NS: Final = 30_000_000_000
_SECOND_NS: Final = 1_000_000_000


class Liveness:
    """Is told starts, stops and seals in their order."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._is_running: bool | None = None  # None: nothing was said about it yet
        self._boot_ns: int | None = None
        self.timestamp = ""
        """When the last seal was written."""

    def start(self, index: int, at_ns: int | None) -> None:
        """A run begins; `at_ns`: on CLOCK_BOOTTIME, if known."""
        if self._is_running:
            self._missing("a run ended without a stop: a crash, or kill -9", "", index)
        self._is_running = True
        self._boot_ns = at_ns

    def stop(self) -> None:
        """A run ended."""
        self._is_running = False

    def seal(self, index: int, event: Fields) -> None:
        """A seal that authenticates all before it."""
        now_ns = boot_ns(event)
        if self._is_running is not False and now_ns is not None and self._boot_ns is not None:
            self._check_silence(now_ns - self._boot_ns, index)
        self._boot_ns = now_ns
        self._check_clock(moment(event), index)

    def end(self, now_ns: int) -> None:
        """The log's end; `now_ns`: since 1970."""
        last_ns = _wall_ns(self.timestamp)
        if self._is_running is not False and last_ns is not None:
            quiet_ns = now_ns - last_ns
            if quiet_ns > SILENCE_NS:
                detail = f"for {quiet_ns // _SECOND_NS} s, since {self.timestamp}"
                self._missing("the log ends without a stop, and is silent", detail)

    def _check_silence(self, quiet_ns: int, index: int) -> None:
        if quiet_ns > SILENCE_NS:
            detail = f"for {quiet_ns // _SECOND_NS} s"
            self._missing("there was silence while ttytrace should have run", detail, index)

    def _check_clock(self, timestamp: str, index: int) -> None:
        if timestamp < self.timestamp:  # in one format, so they sort as times do
            detail = f"from {self.timestamp} to {timestamp}"
            text = "the wall clock was set back"
            self._problems.add(Problem(Verdict.OK, text, detail, index))
        self.timestamp = timestamp

    def _missing(self, text: str, detail: str, index: int | None = None) -> None:
        self._problems.add(Problem(Verdict.INCOMPLETE, text, detail, index))


def boot_ns(event: Fields) -> int | None:
    """A record's time on CLOCK_BOOTTIME, if it has one."""
    match event:
        case {"ttytrace": {"boottime_ns": int(value)}}:
            return value
    return None


def _wall_ns(timestamp: str) -> int | None:
    try:
        return int(datetime.fromisoformat(timestamp).timestamp() * _SECOND_NS)
    except (ValueError, OverflowError):
        return None
