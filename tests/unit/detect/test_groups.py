"""Groups are bounded, whatever is in the records; and what is forgotten is counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.detect.correlating import (
    COUNTED,
    FEW,
    Record,
    correlation_of,
    fed,
    happened,
)
from tracer.detect.correlator import Correlator


def test_long_values_are_told_apart() -> None:
    """Though they are not kept."""
    correlation = correlation_of(**COUNTED, group_by=["User"])
    ends = ("1", "2", "\ud800") * 2
    records = [happened(1, "a", i, User="x" * 5000 + end) for i, end in enumerate(ends)]
    assert not fed(Correlator([correlation]), records[:3])
    assert len(fed(Correlator([correlation]), records)) == 3


ORDERED = {"type": "temporal_ordered", "rules": ["a", "b", "c"]}
SUM = {"type": "value_sum", "condition": {"gt": 1, "field": "User"}}


@pytest.mark.parametrize(
    ("section", "rules", "size"),
    [
        (COUNTED | {"condition": {"gte": 100}}, "aa", 8 + 1 + 2),
        (FEW, "aa", 128 + 1 + 2),
        (ORDERED, "ab", 8 + 1 + 4),
        (COUNTED | SUM, "aa", 128 + 1 + 2),
    ],
)
def test_many_groups_are_evicted_and_counted(
    section: dict[str, Any], rules: str, size: int
) -> None:
    """Those that were idle for longest, or opened first; nothing is lost without a count."""
    correlator = Correlator([correlation_of(**section, group_by=["User"])], limit=2000)
    users = [(str(i), rule) for i in range(1000) for rule in rules]
    fed(correlator, [happened(1, rule, i, User=user) for i, (user, rule) in enumerate(users)])
    assert correlator.take_evicted() == {"key-x": 1000 - 2000 // size}
    assert not correlator.take_evicted()


@pytest.mark.parametrize(
    "section", [COUNTED | {"condition": {"gte": 50}}, ORDERED, COUNTED | SUM | {"timespan": "1h"}]
)
def test_what_is_too_old_makes_room(section: dict[str, Any]) -> None:
    """A group that is always at work grows no further than its window."""
    correlator = Correlator([correlation_of(**section)], limit=250)
    assert not fed(correlator, [happened(i, "a", User="0") for i in range(1000)])
    assert not correlator.take_evicted()


def test_one_record_is_in_so_many_groups() -> None:
    """However many values it has."""
    many = tuple(map(str, range(1000)))
    correlation = correlation_of(**COUNTED | {"condition": {"gte": 1}}, group_by=["A", "B"])
    (told,) = fed(Correlator([correlation]), [Record(1, 1, [("a", {"A": ("x",), "B": many})])])
    assert told.group == {"A": ("x",), "B": many[:64]}


def test_a_group_that_is_at_work_is_kept() -> None:
    """While strangers come and go."""
    correlator = Correlator([correlation_of(**COUNTED | {"condition": {"gte": 50}},
                                            group_by=["User"])], limit=500)  # fmt: skip
    records = [happened(1, "a", i, User="x" if i % 20 == 0 else str(i)) for i in range(1000)]
    assert [t.group for t in fed(correlator, records)] == [{"User": ("x",)}]


def test_idle_groups_are_no_loss() -> None:
    """What is over is forgotten, and not counted."""
    correlator = Correlator([correlation_of(**COUNTED, group_by=["User"])], limit=500)
    fed(correlator, [happened(i, "a", User=str(i)) for i in range(1000)])
    assert not correlator.take_evicted()


def test_windows_have_a_limit_each() -> None:
    """One group alone is no way to fill the memory; many values in one record neither."""
    correlation = correlation_of(
        type="value_count", rules=["a"], condition={"gte": 10_000, "field": "Size"}, group_by=["A"]
    )
    correlator = Correlator([correlation], limit=3000)
    many = tuple(map(str, range(1000)))
    records = [Record(i, 1, [("a", {"A": many, "Size": many})]) for i in range(50)]
    assert not fed(correlator, records)
    assert correlator.take_evicted()


@pytest.mark.parametrize("kind", ["value_sum", "value_avg"])
def test_no_number_is_too_large_to_add(kind: str) -> None:
    """Whatever a field holds: what is no number is left out."""
    numbers = ["1e308", "1e308", "0.5", "-1e308", "inf", "nan", "", "9" * 500, "0x10", "1e999"]
    section = COUNTED | {"type": kind, "condition": {"gt": 1, "field": "Size"}}
    correlator = Correlator([correlation_of(**section)])
    fed(correlator, [happened(1, "a", i, Size=number) for i, number in enumerate(numbers)])
    assert len(correlator.tick(10**12)) == 1
