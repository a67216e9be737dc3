"""Jumps of the wall clock, and suspends, by comparing clocks with each other.

Invariant: what is told happened between two turns, and is told once. A clock that is slowed down
or sped up (adjtime, NTP) does not jump.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.clock import Reading, reading
from tracer.codec.moment import timestamp

JUMP_NS: Final = 1_000_000_000
_PERIOD_NS: Final = 1_000_000_000
_SPREAD_NS: Final = 100_000_000  # we were interrupted between two clocks: none of it counts


class Clocks:
    """`say`: puts a record about the log into it."""

    def __init__(self, say: Callable[..., None], read: Callable[[], Reading] = reading) -> None:
        self._say, self._read = say, read
        self._before = read()
        self._next_ns = 0

    def turn(self, now_ns: int) -> None:
        """Looks, once a second. `now_ns`: CLOCK_BOOTTIME."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + _PERIOD_NS
        now = self._read()
        if max(now.spread_ns, self._before.spread_ns) < _SPREAD_NS:
            self._compare(self._before, now)
        self._before = now if now.spread_ns < _SPREAD_NS else self._before

    def _compare(self, before: Reading, now: Reading) -> None:
        passed_ns = now.boot_ns - before.boot_ns
        slept_ns = passed_ns - (now.monotonic_ns - before.monotonic_ns)
        jumped_ns = now.wall_ns - before.wall_ns - passed_ns
        if slept_ns > JUMP_NS:
            self._say("suspend", seconds=_seconds(slept_ns), **_span(before, now))
        if abs(jumped_ns) > JUMP_NS:
            self._say("clock", seconds=_seconds(jumped_ns), **_span(before, now))


def _seconds(ns: int) -> float:
    return round(ns / 1e9, 3)


def _span(before: Reading, now: Reading) -> dict[str, str]:
    """From when to when, by the clock of then."""
    return {"from": timestamp(before.wall_ns), "to": timestamp(now.wall_ns)}
