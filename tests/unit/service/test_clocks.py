"""Clocks that jump are told, once, and by how much."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.clock import Reading, reading
from tracer.service.clocks import Clocks

SECOND = 1_000_000_000


class Hands:
    """Clocks that the test moves, and what was said of them."""

    def __init__(self) -> None:
        self.now = Reading(1000 * SECOND, 900 * SECOND, 5000 * SECOND, 1000)
        self.said: list[tuple[str, Any]] = []
        self.clocks = Clocks(self.say, lambda: self.now)
        self.clocks.turn(self.now.boot_ns)

    def say(self, action: str, **fields: Any) -> None:
        self.said.append((action, fields["seconds"]))

    def pass_by(
        self, ns: int, suspended_ns: int = 0, jump_ns: int = 0, spread_ns: int = 1000
    ) -> None:
        boot, monotonic, wall, _ = self.now
        boot, wall = boot + ns + suspended_ns, wall + ns + suspended_ns + jump_ns
        self.now = Reading(boot, monotonic + ns, wall, spread_ns)
        self.clocks.turn(boot)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.mark.parametrize("ns", [SECOND, 10 * SECOND, 3600 * SECOND])
def test_time_that_passes_is_no_jump(hands: Hands, ns: int) -> None:
    """However long nobody looked: SIGSTOP is told by the heart."""
    hands.pass_by(ns)
    assert hands.said == []


@pytest.mark.parametrize("jump_ns", [2 * SECOND, -2 * SECOND, 86_400 * SECOND])
def test_a_jump_is_told_once(hands: Hands, jump_ns: int) -> None:
    """Forth and back."""
    hands.pass_by(2 * SECOND, jump_ns=jump_ns)
    hands.pass_by(2 * SECOND)
    assert hands.said == [("clock", jump_ns / SECOND)]


def test_a_suspend_is_told_and_is_no_jump(hands: Hands) -> None:
    """CLOCK_BOOTTIME and the wall clock go on meanwhile."""
    hands.pass_by(2 * SECOND, suspended_ns=60 * SECOND)
    hands.pass_by(2 * SECOND)
    assert hands.said == [("suspend", 60.0)]


def test_both_at_once_are_two(hands: Hands) -> None:
    """A machine that wakes may set its clock."""
    hands.pass_by(2 * SECOND, suspended_ns=60 * SECOND, jump_ns=-5 * SECOND)
    assert hands.said == [("suspend", 60.0), ("clock", -5.0)]


def test_a_clock_that_is_slewed_does_not_jump(hands: Hands) -> None:
    """Half a second in each turn, for long."""
    for _ in range(60):
        hands.pass_by(SECOND, jump_ns=SECOND // 2)
    assert hands.said == []


def test_a_reading_that_was_interrupted_counts_for_nothing(hands: Hands) -> None:
    """What happened since the one before it is told by the one after it."""
    hands.pass_by(2 * SECOND, jump_ns=3 * SECOND, spread_ns=SECOND)
    assert hands.said == []
    hands.pass_by(2 * SECOND)
    assert hands.said == [("clock", 3.0)]


def test_it_looks_once_a_second(hands: Hands) -> None:
    """Turns are far more."""
    hands.pass_by(SECOND // 2, jump_ns=3 * SECOND)
    assert hands.said == []
    hands.pass_by(SECOND)
    assert hands.said == [("clock", 3.0)]


def test_real_clocks_can_be_compared() -> None:
    """Those of this machine, read close to each other."""
    now = reading()
    assert now.monotonic_ns <= now.boot_ns + now.spread_ns
    assert now.spread_ns < SECOND
