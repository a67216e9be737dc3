"""Correlations as they are once they were read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.detect.correlating import COUNTED, compiled, correlation_of, drafted
from tracer.detect.correlation import silenced


@pytest.mark.parametrize(
    ("condition", "is_timed"),
    [
        ({"gte": 3}, False),
        ({"gt": 3, "gte": 1}, False),
        ({"gte": 3, "lte": 9}, True),
        ({"eq": 3}, True),
        ({"neq": 3}, True),
        ({"lt": 3}, True),
    ],
)
def test_only_bounds_from_below_are_decided_on_the_way(
    condition: dict[str, Any], is_timed: bool
) -> None:
    """All others may be undone by what still comes."""
    assert correlation_of(**COUNTED | {"condition": condition}).is_timed is is_timed


def test_sums_are_judged_at_the_end() -> None:
    """A number may be below zero."""
    condition = {"gte": 3, "field": "Size"}
    assert correlation_of(**COUNTED | {"type": "value_sum", "condition": condition}).is_timed


@pytest.mark.parametrize(
    ("condition", "most"),
    [({"gte": 3}, 4), ({"gt": 3}, 4), ({"lte": 7.5, "gt": 2}, 8), ({"gte": 0}, 1), ({"gt": -9}, 1)],
)
def test_no_more_is_kept_than_the_verdict_needs(condition: dict[str, Any], most: int) -> None:
    """Whoever counted so far knows it."""
    correlation = correlation_of(**COUNTED | {"condition": condition})
    assert correlation.most == most
    assert {correlation.admits(most + n) for n in range(100)} == {correlation.admits(most)}


def test_what_one_of_them_silences_is_silent() -> None:
    """Though another generates it."""
    loud = drafted("loud", **COUNTED | {"rules": ["a", "b"]}, generate=True)
    assert silenced(compiled(loud)) == set()
    assert silenced(compiled(loud, drafted("x", **COUNTED))) == {"key-a"}
