"""Whether recording went on all the time: runs and their ends, silence, clocks.

Invariant: only what is sealed counts, since anybody could add a `stop` behind the last seal. Seals
come every second while ttytrace runs, so the time between two is what was not recorded.
"""

from __future__ import annotations

from typing import Final

from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.model.sealed import Stamp
from tracer.seal.report import Problem, Problems, Verdict

SILENCE_NS: Final = 30_000_000_000
_SECOND_NS: Final = 1_000_000_000


class Liveness:
    """Is told starts, stops and seals in their order."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._is_running: bool | None = None  # None: nothing was said about it yet
        self._boot_ns: int | None = None
        self._wall_ns: int | None = None  # of the last seal

    def start(self, index: int, at_ns: int | None) -> None:
        """A run begins; `at_ns`: on CLOCK_BOOTTIME, if known."""
        if self._is_running:
            self._missing("a run ended without a stop: a crash, or kill -9", "", index)
        self._is_running = True
        self._boot_ns = at_ns

    def stop(self) -> None:
        """A run ended."""
        self._is_running = False

    def seal(self, index: int, now: Stamp) -> None:
        """A seal that authenticates all before it."""
        if self._is_running is not False and self._boot_ns is not None:
            self._check_silence(now.boot_ns - self._boot_ns, index)
        if self._wall_ns is not None and now.wall_ns < self._wall_ns:
            detail = f"from {timestamp(self._wall_ns)} to {timestamp(now.wall_ns)}"
            self._warn("the wall clock was set back", detail, index)
        self._boot_ns, self._wall_ns = now

    def end(self, now_ns: int) -> None:
        """The log's end; `now_ns`: since 1970."""
        if self._is_running is False or self._wall_ns is None:
            return
        quiet_ns, since = now_ns - self._wall_ns, timestamp(self._wall_ns)
        if quiet_ns > SILENCE_NS:
            detail = f"for {quiet_ns // _SECOND_NS} s, since {since}"
            self._missing("the log ends without a stop, and is silent", detail)
        elif quiet_ns < -SILENCE_NS:
            self._warn("the log ends in the future: whether it is silent can't be told", since)

    def _check_silence(self, quiet_ns: int, index: int) -> None:
        if quiet_ns > SILENCE_NS:
            detail = f"for {quiet_ns // _SECOND_NS} s"
            self._missing("there was silence while ttytrace should have run", detail, index)

    def _missing(self, text: str, detail: str, index: int | None = None) -> None:
        self._problems.add(Problem(Verdict.INCOMPLETE, text, detail, index))

    def _warn(self, text: str, detail: str, index: int | None = None) -> None:
        self._problems.add(Problem(Verdict.OK, text, detail, index))


def boot_ns(event: Fields) -> int | None:
    """A record's time on CLOCK_BOOTTIME, if it has one."""
    match event:
        case {"ttytrace": {"boottime_ns": int(value)}}:
            return value
    return None
