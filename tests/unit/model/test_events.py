"""When two sightings of a pid are one process."""

from __future__ import annotations

import pytest

from tracer.model.events import TICK_NS, ProcessKey

START_NS = 41 * TICK_NS + 7_654_321


@pytest.mark.parametrize(
    ("seen_ns", "may_be"),
    [
        (START_NS, True),
        (41 * TICK_NS, True),  # as /proc has it
        (0, True),  # all that is known is the pid
        (START_NS + TICK_NS, True),
        (START_NS + TICK_NS + 1, False),
        (START_NS - TICK_NS - 1, False),
    ],
)
def test_a_start_time_counts_to_a_clock_tick(seen_ns: int, may_be: bool) -> None:
    """Who has the pid later started later."""
    assert ProcessKey(300, START_NS).may_be(ProcessKey(300, seen_ns)) is may_be
