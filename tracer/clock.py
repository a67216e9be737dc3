"""CLOCK_BOOTTIME, in which all events are stamped, and how it maps to wall time.

Invariant: only this file reads clocks. How wall time is written is the codec's and the renderer's.
"""

from __future__ import annotations

import time
from typing import Final, NamedTuple

_RECHECK_NS: Final = 1_000_000_000
_NOISE_NS: Final = 100_000


def boot_ns() -> int:
    """Nanoseconds since boot, suspend included: bpf_ktime_get_boot_ns() of the kernel half."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def monotonic_ns() -> int:
    """Nanoseconds of CLOCK_MONOTONIC, which is what systemd compares with."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


class Reading(NamedTuple):
    """What three clocks show at one moment, `spread_ns` long."""

    boot_ns: int
    monotonic_ns: int
    wall_ns: int
    spread_ns: int


def reading() -> Reading:
    """CLOCK_BOOTTIME, CLOCK_MONOTONIC and CLOCK_REALTIME, now."""
    before = boot_ns()
    monotonic, wall = monotonic_ns(), time.time_ns()
    return Reading(before, monotonic, wall, boot_ns() - before)


class WallClock:
    """Maps CLOCK_BOOTTIME to nanoseconds since 1970 (UTC).

    Suspend doesn't move the mapping, as CLOCK_BOOTTIME counts through it; settime(2) and NTP do.
    So it is measured again whenever asked for a time later than a second after it was last: a step
    is followed within a second, and times of before the step keep what held then.
    """

    def __init__(self) -> None:
        self._checked_ns, self._offset_ns = _measure()

    def at(self, time_ns: int) -> int:
        """The wall time at `time_ns` of CLOCK_BOOTTIME."""
        if time_ns > self._checked_ns + _RECHECK_NS:
            self._checked_ns, offset = _measure()
            # Smaller differences are our own jitter between two reads, and would only reorder.
            if abs(offset - self._offset_ns) > _NOISE_NS:
                self._offset_ns = offset
        return time_ns + self._offset_ns


def _measure() -> tuple[int, int]:
    # The tightest of three readings: one that was preempted half way is off by that long.
    readings = []
    for _ in range(3):
        before, wall, after = boot_ns(), time.time_ns(), boot_ns()
        readings.append((after - before, after, wall - (before + after) // 2))
    _, checked_ns, offset_ns = min(readings)
    return checked_ns, offset_ns
