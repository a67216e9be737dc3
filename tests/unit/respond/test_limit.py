"""How often something may be done."""

from __future__ import annotations

from tracer.respond.limit import PerMinute

SECOND = 1_000_000_000


def test_in_no_minute_more_often() -> None:
    """Wherever it begins; what was not allowed doesn't count."""
    limit = PerMinute(2)
    asked = [(0, True), (30, True), (31, False), (59, False), (60, True), (61, False), (90, True)]
    assert [limit.take(at * SECOND) for at, _ in asked] == [may for _, may in asked]
