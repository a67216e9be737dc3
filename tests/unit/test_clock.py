"""tracer.clock"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tracer import clock

SECOND = 1_000_000_000


class Clocks:
    """The machine's two clocks, which a test may set: no test may step the real ones."""

    def __init__(self) -> None:
        self.boot, self.wall = 100 * SECOND, 1_800_000_000 * SECOND

    def clock_gettime_ns(self, which: int) -> int:
        assert which == time.CLOCK_BOOTTIME
        return self.boot

    def time_ns(self) -> int:
        return self.wall

    def pass_(self, ns: int) -> None:
        self.boot += ns
        self.wall += ns


@pytest.fixture
def clocks(monkeypatch):
    """Stands in for the kernel's clocks."""
    clocks = Clocks()
    monkeypatch.setattr(time, "clock_gettime_ns", clocks.clock_gettime_ns)
    monkeypatch.setattr(time, "time_ns", clocks.time_ns)
    return clocks


def test_boot_time_is_what_proc_uptime_says():
    """CLOCK_BOOTTIME, not CLOCK_MONOTONIC or the wall clock."""
    seconds = float(Path("/proc/uptime").read_text("ascii").split()[0])
    assert abs(clock.boot_ns() / SECOND - seconds) < 5


def test_now_maps_to_now():
    """On the real clocks, within what reading them takes."""
    wall = clock.WallClock()
    before = time.time_ns()
    mapped = wall.at(clock.boot_ns())
    assert before - 10_000_000 <= mapped <= time.time_ns() + 10_000_000


def test_a_step_is_followed_within_a_second(clocks):
    """Times of the second after the last look keep the old mapping; later ones have the new."""
    wall, begin = clock.WallClock(), clocks.wall
    clocks.wall += 3600 * SECOND
    clocks.pass_(SECOND // 2)
    assert wall.at(clocks.boot) == begin + SECOND // 2
    clocks.pass_(SECOND)
    assert wall.at(clocks.boot) == begin + 3600 * SECOND + 3 * SECOND // 2


def test_what_was_before_a_step_keeps_its_time(clocks):
    """Until a later time has been asked for."""
    wall, begin = clock.WallClock(), clocks.wall
    clocks.wall -= 60 * SECOND
    clocks.pass_(10 * SECOND)
    assert wall.at(100 * SECOND) == begin
    assert wall.at(99 * SECOND) == begin - SECOND


def test_jitter_is_not_followed_and_drift_is(clocks):
    """Reading two clocks takes a moment: less than 0.1 ms would only reorder events."""
    wall, begin = clock.WallClock(), clocks.wall
    for wrong_ns, followed_ns in ((90_000, 0), (-90_000, 0), (110_000, 110_000)):
        clocks.pass_(2 * SECOND)
        clocks.wall = begin + clocks.boot - 100 * SECOND + wrong_ns
        assert wall.at(100 * SECOND) == begin
        assert wall.at(clocks.boot) == begin + clocks.boot - 100 * SECOND + followed_ns


def test_monotonic_time_is_the_one_that_stands_still_in_suspend() -> None:
    """It lies between two readings of Python's own."""
    before = time.monotonic_ns()
    assert before <= clock.monotonic_ns() <= time.monotonic_ns()


def test_three_clocks_are_read_at_one_moment() -> None:
    """None is older than the spread; the monotonic one doesn't count suspends."""
    now = clock.reading()
    assert 0 <= now.spread_ns < 1_000_000_000
    assert now.monotonic_ns <= now.boot_ns + now.spread_ns
    assert abs(clock.WallClock().at(now.boot_ns) - now.wall_ns) < 1_000_000_000
