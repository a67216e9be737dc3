"""Windows mean what a definition says that looks at everything again, alone and in chains."""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.unit.detect.correlating import (
    NAMES,
    Meets,
    Record,
    Seen,
    Told,
    compiled,
    correlation_of,
    drafted,
    fed,
    told_at_once,
    told_at_the_end,
    told_of,
)
from tracer.detect.correlation import Correlation
from tracer.detect.correlator import Correlator
from tracer.detect.view import Values

Number = int | float


def events(seen: Sequence[Seen]) -> int:
    return len({s.sequence for s in seen})


def values(seen: Sequence[Seen]) -> int:
    return len({value for s in seen for value in s.values})


def names(seen: Sequence[Seen]) -> int:
    return len({s.name for s in seen})


def longest(seen: Sequence[Seen]) -> int:
    """The most rules that matched in their order, one record after the other."""
    ends: list[tuple[int, str, int]] = []
    for s in seen:
        before = [n for place, name, n in ends if place < s.place and name < s.name]
        ends.append((s.place, s.name, 1 + max(before, default=0)))
    return max(n for _, _, n in ends)


def numbers(seen: Sequence[Seen]) -> list[int]:
    """Each number of a record once."""
    found = {(s.sequence, value) for s in seen for value in s.values if value != "x"}
    return [int(value) for _, value in found]


def mean(seen: Sequence[Seen]) -> float | None:
    found = numbers(seen)
    return sum(found) / len(found) if found else None


class Case(NamedTuple):
    """A correlation, and what it means."""

    section: dict[str, Any]
    is_timed: bool
    meets: Meets


CONDITIONS: list[tuple[dict[str, Number], bool, Callable[[Number], bool]]] = [
    ({"gt": 1}, False, lambda n: n > 1),
    ({"gte": 3}, False, lambda n: n >= 3),
    ({"gte": 1.5}, False, lambda n: n >= 1.5),
    ({"gt": 1, "gte": 3}, False, lambda n: n >= 3),
    ({"lt": 3}, True, lambda n: n < 3),
    ({"lte": 2}, True, lambda n: n <= 2),
    ({"eq": 2}, True, lambda n: n == 2),
    ({"neq": 2}, True, lambda n: n != 2),
    ({"gte": 2, "lte": 2.5}, True, lambda n: 2 <= n <= 2.5),
    ({"gt": 1, "neq": 3}, True, lambda n: n > 1 and n != 3),
]


def counting(kind: str, count: Callable[[Sequence[Seen]], int], **more: str) -> list[Case]:
    def case(condition: dict[str, Any], is_timed: bool, admits: Callable[[Number], bool]) -> Case:
        section = {"type": kind, "condition": condition | more}
        # What has no value opens no window, and is not in one.
        return Case(section, is_timed, lambda seen: count(seen) > 0 and admits(count(seen)))

    return [case(*each) for each in CONDITIONS]


def worded(condition: str, is_timed: bool, meets: Callable[[set[str]], bool]) -> Case:
    section = {"type": "temporal", "condition": condition}
    return Case(section, is_timed, lambda seen: meets({s.name for s in seen}))


def measured(
    kind: str, condition: dict[str, Any], admits: Callable[[Number], bool], of: Any
) -> Case:
    section = {"type": kind, "condition": condition | {"field": "Size"}}
    return Case(section, True, lambda seen: bool(numbers(seen)) and admits(of(seen)))


CASES = [
    *counting("event_count", events),
    *counting("value_count", values, field="Size"),
    *counting("temporal", names),
    *counting("temporal_ordered", longest),
    Case({"type": "temporal"}, False, lambda seen: names(seen) == 3),
    Case({"type": "temporal_ordered"}, False, lambda seen: longest(seen) == 3),
    Case(
        {"type": "temporal_ordered", "condition": "c and a and b"},
        False,
        lambda seen: longest(seen) == 3,
    ),
    worded("a and (b or c)", False, lambda n: "a" in n and bool(n & {"b", "c"})),
    worded("a AND b OR c", False, lambda n: {"a", "b"} <= n or "c" in n),
    worded("a and b and not c", True, lambda n: n == {"a", "b"}),
    worded("not (a or b) and c", True, lambda n: n == {"c"}),
    measured("value_sum", {"gt": 5}, lambda n: n > 5, lambda seen: sum(numbers(seen))),
    measured("value_sum", {"lt": 0}, lambda n: n < 0, lambda seen: sum(numbers(seen))),
    measured("value_avg", {"gte": 2, "lte": 3}, lambda n: 2 <= n <= 3, mean),
]


def streamed(seed: int, count: int = 120) -> list[Record]:
    """Records of which many come at once and many just one span apart; the last ends everything."""
    dice = random.Random(seed)
    users: list[tuple[str, ...]] = [("x",), ("y",), ("x", "y"), ()]
    sizes: list[tuple[str, ...]] = [("1",), ("2",), ("4",), ("-3",), ("1", "2"), ("x",), ()]
    records, time_s = [], 100
    for sequence in range(count):
        time_s += dice.choice((0, 0, 1, 1, 2, 5))
        rules = dice.sample(NAMES, dice.choice((0, 1, 1, 1, 2)))
        fields = [{"User": dice.choice(users), "Size": dice.choice(sizes)} for _ in rules]
        records.append(Record(sequence, time_s, list(zip(rules, fields, strict=True))))
    return [*records, Record(count, time_s + 1000, [])]


def countable(case: Case, records: Sequence[Record]) -> list[Record]:
    """What has no value that counts is nothing to a correlation of values."""
    kind = case.section["type"]
    if not kind.startswith("value_"):
        return list(records)
    idle = {"x"} if kind != "value_count" else set[str]()
    return [
        record._replace(matches=[(n, f) for n, f in record.matches if set(f["Size"]) - idle])
        for record in records
    ]


class Trial(NamedTuple):
    """A correlation over records, and what it must tell."""

    correlations: tuple[Correlation, ...]
    records: list[Record]
    told: list[Told]


@cache
def trials() -> list[Trial]:
    """Of each case, with groups and without."""
    alone = [trial(case, seed, by) for case in CASES for seed, by in enumerate(([], ["User"]))]
    return alone + [chained(case, 7) for case in CASES]


def trial(case: Case, seed: int, group_by: list[str]) -> Trial:
    records = streamed(seed)
    define = told_at_the_end if case.is_timed else told_at_once
    told = define(countable(case, records), case.meets, group_by, 5)
    correlation = correlation_of(**case.section, group_by=group_by)
    assert correlation.is_timed is case.is_timed
    return Trial((correlation,), records, told)


def chained(case: Case, seed: int) -> Trial:
    """x is of a, as the case says; the outer one wants x, then b, then c."""
    inner = trial(case, seed, ["User"])
    section = {"type": "temporal_ordered", "rules": ["x", "b", "c"], "group_by": ["User"]}
    correlations = compiled(
        drafted("outer", timespan="5s", **section),
        drafted("x", rules=list(NAMES), timespan="5s", group_by=["User"], **case.section),
    )
    records = joined(inner, case.is_timed)
    told = told_at_once(records, lambda seen: longest(seen) == 3, ["User"], 5)
    return Trial(correlations, inner.records, told)


def joined(inner: Trial, is_timed: bool) -> list[Record]:
    """The records, with what the inner one told in the place of a."""
    told = {t.last: [("a", fields_of(t))] for t in inner.told if not is_timed}
    records = [
        record._replace(
            matches=[match for match in record.matches if match[0] != "a"]
            + told.get(record.sequence, [])
        )
        for record in inner.records
    ]
    # The end of a window is behind all that happened at that time.
    ends = [Record(t.last, t.time_s, [("a", fields_of(t))]) for t in inner.told if is_timed]
    return sorted(records + ends, key=lambda record: record.time_s)


def fields_of(told: Told) -> dict[str, Values]:
    return {name: tuple(values) for name, values in told.group.items()}


def disagrees(correlator: Any, each: Trial) -> bool:
    return sorted(told_of(fed(correlator(each.correlations), each.records))) != sorted(each.told)


def mutated(monkeypatch: pytest.MonkeyPatch, module: str, old: str, new: str) -> Any:
    """The Correlator of code in which `old` is replaced."""
    for name in ("windows", "groups", "correlator"):
        full = f"tracer.detect.{name}"
        source = Path(importlib.import_module(full).__file__ or "").read_text()
        assert name != module or source.count(old) == 1
        mutant = ModuleType(full)
        monkeypatch.setitem(sys.modules, full, mutant)
        exec(source.replace(old, new) if name == module else source, mutant.__dict__)
    return mutant.Correlator


def test_all_types_and_operators_mean_what_they_say() -> None:
    """Each against the definition, over random records, with groups and without."""
    assert not [each for each in trials() if disagrees(Correlator, each)]
    assert sum(len(each.told) for each in trials()) > 1000
    alone = [each for each in trials() if len(each.correlations) == 1]
    assert not [each.correlations for each in alone if not each.told]


MUTANTS = {
    "what is as old as the span is left out": (
        "windows",
        "self._oldest_ns < entry.time_ns",
        "self._oldest_ns <= entry.time_ns",
    ),
    "a value counts from when it was first seen": (
        "windows",
        "            self._remove(item)\n",
        "",
    ),
    "one too few is kept": ("windows", "len(self._latest) > self._keep", "len(self._latest) >= 3"),
    "rules of one record are in order": ("windows", "reverse=True", "reverse=False"),
    "the chain that began first is gone on with": (
        "windows",
        "chain[0].time_ns > found",
        "chain[0].time_ns < found",
    ),
    "chains are never too old": ("windows", "if c[0].time_ns >= since_ns", "if True"),
    "a mean is a sum": ("windows", "self._sum / self._count if is_mean else", ""),
    "what was told is told again": ("groups", "self._remove(key).window", "group.window"),
    "what has no such field is in no group": ("groups", "(None,) for n", "() for n"),
    "a group is idle once it is as old as the span": (
        "groups",
        "self._groups and self._first.until_ns < time_ns",
        "self._groups and self._first.until_ns <= time_ns",
    ),
    "a group is idle though it isn't": ("groups", "group.until_ns = until_ns\n", "pass\n"),
    "windows are judged before they are over": ("correlator", "0) < time_ns", "0) <= time_ns"),
    "what was met is told to no other": (
        "correlator",
        "happenings.append(_of_correlated(told[-1]))",
        "pass",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that is wrong in one place disagrees with the definition."""
    correlator = mutated(monkeypatch, *MUTANTS[name])
    assert any(disagrees(correlator, each) for each in trials())


def test_code_that_is_no_mutant_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """What catches them is their difference, not how they are made."""
    correlator = mutated(monkeypatch, "windows", "reverse=True", "reverse=True")
    assert not any(disagrees(correlator, each) for each in trials())
