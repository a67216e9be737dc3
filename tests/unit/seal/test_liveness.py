"""Whether recording went on: runs, silence, clocks."""

from __future__ import annotations

import pytest

from tracer.model.sealed import Stamp
from tracer.seal.liveness import SILENCE_NS, Liveness, boot_ns
from tracer.seal.report import Problems, Verdict

SECOND = 1_000_000_000
WALL_NS = 1_790_000_000 * SECOND


def sealed_at(second: float, wall_second: float | None = None) -> Stamp:
    return Stamp(int(second * SECOND), wall(second if wall_second is None else wall_second))


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def live(problems: Problems) -> Liveness:
    return Liveness(problems)


def kinds(problems: Problems) -> list[tuple[Verdict, str]]:
    return [(found.verdict, found.text.split()[-1]) for found in problems]


def wall(second: float) -> int:
    return WALL_NS + int(second * SECOND)


def test_a_log_that_goes_on(live: Liveness, problems: Problems) -> None:
    """Seals until now."""
    live.start(0, 0)
    for second in range(0, 300, 30):
        live.seal(second, sealed_at(second))
    live.end(wall(300))
    assert not list(problems)


def test_silence_between_seals(live: Liveness, problems: Problems) -> None:
    """A little more than thirty seconds of this boot."""
    live.start(0, 0)
    live.seal(1, sealed_at(1))
    live.seal(2, sealed_at(31.1))
    (found,) = problems
    assert (found.verdict, found.record, found.detail) == (Verdict.INCOMPLETE, 2, "for 30 s")


def test_silence_at_the_end(live: Liveness, problems: Problems) -> None:
    """Counted by the wall clock, since no boot is known."""
    live.seal(1, sealed_at(1))
    live.end(wall(1) + SILENCE_NS)
    assert not list(problems)
    live.end(wall(1) + SILENCE_NS + SECOND)
    assert kinds(problems) == [(Verdict.INCOMPLETE, "silent")]


def test_after_a_stop_there_may_be_silence(live: Liveness, problems: Problems) -> None:
    """Until the next start; and another boot has another clock."""
    live.start(0, 0)
    live.stop()
    live.seal(1, sealed_at(1))
    live.seal(2, sealed_at(5000))
    live.start(3, 7 * SECOND)
    live.seal(4, sealed_at(8, 9000))
    live.stop()
    live.seal(5, sealed_at(9, 9001))
    live.end(wall(99_999))
    assert not list(problems)


def test_a_run_without_a_stop(live: Liveness, problems: Problems) -> None:
    """Is known when the next one begins."""
    live.start(0, 0)
    live.seal(1, sealed_at(1))
    live.start(7, 3 * SECOND)
    (found,) = problems
    assert (found.verdict, found.record) == (Verdict.INCOMPLETE, 7)


def test_the_first_start_that_is_kept(live: Liveness, problems: Problems) -> None:
    """What was before it isn't known."""
    live.seal(1, sealed_at(1))
    live.start(7, 3 * SECOND)
    assert not list(problems)


def test_a_clock_that_is_set_back(live: Liveness, problems: Problems) -> None:
    """Is a warning, with both times."""
    live.seal(1, sealed_at(1, 7200))
    live.seal(2, sealed_at(2, 1))
    (found,) = problems
    assert found.verdict is Verdict.OK
    assert found.detail.startswith("from 2026-")


def test_a_log_from_the_future(live: Liveness, problems: Problems) -> None:
    """Silence at its end can't be seen: this is said."""
    live.seal(1, sealed_at(1, 7200))
    live.end(wall(7200) - SILENCE_NS)
    assert not list(problems)
    live.end(wall(1))
    assert kinds(problems) == [(Verdict.OK, "told")]


def test_boot_times() -> None:
    """Where a record has one."""
    assert boot_ns({"ttytrace": {"boottime_ns": 7}}) == 7
    assert boot_ns({"ttytrace": 7}) is boot_ns({}) is None


def test_only_one_problem_for_much_silence(live: Liveness, problems: Problems) -> None:
    """It is counted."""
    for nth in range(9):
        live.seal(nth, sealed_at(nth * 60))
    assert [found.times for found in problems] == [8]
