"""The pulse: which findings are the canary's, and what no canary vouches for."""

from __future__ import annotations

import pytest

from tests.samples import (
    ENDED,
    EXEC,
    LOST,
    OUTPUT,
    PLACE,
    PROCESS,
    SECOND,
    STRANGER,
    TRACED,
)
from tracer.model.context import Place
from tracer.model.events import ProcessKey
from tracer.model.findings import Finding, ProcessForked, ProgramStarted
from tracer.sinks.pulse import Beat, Pulse, Verdict

US = 4242
CAGE = Place(ProcessKey(US, 0), pane_pid=4243)


def song(nonce: bytes) -> list[Finding]:
    process = PROCESS._replace(argv=(b"/bin/true", nonce), argc=2)
    return [
        ProcessForked(1, PROCESS, CAGE),
        ProgramStarted(2, process, CAGE),
        ENDED._replace(place=CAGE),
    ]


@pytest.fixture
def pulse() -> Pulse:
    """One that begins after five seconds."""
    return Pulse(US, 5 * SECOND)


def test_the_canary_is_no_event(pulse: Pulse) -> None:
    """All it did is taken out, and nothing else."""
    others: list[Finding] = [EXEC, OUTPUT, LOST, LOST._replace(place=None)]
    assert pulse.hear([*others[:2], *song(b"abc"), *others[2:]], 6 * SECOND) == others


def test_what_is_done_to_the_canary_is_an_event(pulse: Pulse) -> None:
    """Somebody takes hold of it with ptrace."""
    traced = TRACED._replace(place=CAGE, person=STRANGER)
    assert pulse.hear([traced], 6 * SECOND) == [traced]


def test_a_canary_that_came_back_says_how_long_it_took(pulse: Pulse) -> None:
    """From when it was sent until it was heard, whenever it is judged."""
    pulse.hear(song(b"abc"), 6 * SECOND + 12_500_000)
    assert pulse.has_heard(b"abc") and not pulse.has_heard(b"abd")
    assert pulse.judge(Beat(b"abc", 6 * SECOND), 9 * SECOND) == Verdict(12.5, None)
    assert not pulse.is_blind


def test_somebody_elses_program_with_the_nonce_is_no_canary(pulse: Pulse) -> None:
    """It has another place."""
    process = PROCESS._replace(argv=(b"/bin/true", b"abc"))
    pulse.hear([EXEC._replace(process=process, place=PLACE)], 6 * SECOND)
    assert not pulse.has_heard(b"abc")


def test_the_last_canary_is_not_this_one(pulse: Pulse) -> None:
    """Each has its own nonce."""
    pulse.hear(song(b"abc"), 6 * SECOND)
    assert pulse.judge(Beat(b"abd", 6 * SECOND), 9 * SECOND).ms is None


def test_blind_time_is_told_once_and_whole(pulse: Pulse) -> None:
    """From the last canary that came back to the next one, a piece for each beat."""
    pulse.hear(song(b"a"), 16 * SECOND)
    assert pulse.judge(Beat(b"a", 15 * SECOND), 17 * SECOND).blind is None
    assert pulse.judge(Beat(b"b", 25 * SECOND), 28 * SECOND).blind == (15 * SECOND, 28 * SECOND)
    assert pulse.is_blind
    assert pulse.judge(Beat(b"c", 35 * SECOND), 38 * SECOND).blind == (28 * SECOND, 38 * SECOND)
    pulse.hear(song(b"d"), 46 * SECOND)
    assert pulse.judge(Beat(b"d", 45 * SECOND), 46 * SECOND).blind == (38 * SECOND, 45 * SECOND)
    pulse.hear(song(b"e"), 56 * SECOND)
    assert pulse.judge(Beat(b"e", 55 * SECOND), 56 * SECOND).blind is None


def test_a_first_canary_that_is_missing_leaves_all_since_the_start_blind(pulse: Pulse) -> None:
    """Nothing ever vouched for it."""
    assert pulse.judge(Beat(b"a", 6 * SECOND), 9 * SECOND).blind == (5 * SECOND, 9 * SECOND)
