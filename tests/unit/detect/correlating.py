"""Correlations and what they are fed with, for the tests of them; and what they must say, by
looking at all that there was again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from tracer.detect.correlation import Correlation
from tracer.detect.correlation_compile import Compiled, Draft, compile_correlations
from tracer.detect.correlator import Correlated, Correlator
from tracer.detect.engine import Match
from tracer.detect.node import And
from tracer.detect.rule import About, Level, Place, Rule
from tracer.detect.view import PROCESS_CREATION, Values, View

SECOND = 1_000_000_000
NAMES = ("a", "b", "c")
COUNTED: dict[str, Any] = {
    "type": "event_count",
    "rules": ["a"],
    "timespan": "10s",
    "condition": {"gte": 2},
}
FEW = COUNTED | {"condition": {"lt": 3}}


def about_of(name: str, version: str = "1") -> About:
    """Its key is made of its name, but isn't it."""
    return About(f"key-{name}", Place("x.yml", 1), name, Level.HIGH, version, f"id-{name}", name)


RULES = {name: Rule(about_of(name), PROCESS_CREATION, And(())) for name in NAMES}
KNOWN = RULES | {f"id-{name}": rule for name, rule in RULES.items()}


def drafted(name: str, version: str = "1", **section: Any) -> Draft:
    """A document; `group_by` stands for group-by."""
    section = {key.replace("_", "-"): value for key, value in section.items()}
    return Draft(about_of(name, version), {"correlation": section})


def compiled(*drafts: Draft) -> tuple[Correlation, ...]:
    """None of them is refused."""
    done: Compiled = compile_correlations(drafts, KNOWN, {})
    assert not done.refusals
    return done.correlations


def correlation_of(**section: Any) -> Correlation:
    """Of a, b and c in 5 seconds, unless it says something else."""
    return compiled(drafted("x", **{"rules": list(NAMES), "timespan": "5s"} | section))[0]


class Record(NamedTuple):
    """`matches`: names of rules, and the fields of the views that met them."""

    sequence: int
    time_s: int
    matches: list[tuple[str, dict[str, Values]]]


def matches_of(record: Record) -> list[Match]:
    """As the engine finds them."""
    return [
        Match(
            RULES[name],
            View(PROCESS_CREATION, fields, ""),
            record.sequence,
            record.time_s * SECOND,
            {"event": {"sequence": record.sequence}},
        )
        for name, fields in record.matches
    ]


def happened(time_s: int, name: str, sequence: int | None = None, **fields: str) -> Record:
    """A record that one rule matches; its sequence is its time."""
    values = {key: (value,) for key, value in fields.items()}
    return Record(time_s if sequence is None else sequence, time_s, [(name, values)])


def fed(correlator: Correlator, records: Iterable[Record]) -> list[Correlated]:
    """What is told of all of them."""
    told: list[Correlated] = []
    for record in records:
        told += correlator.feed(matches_of(record), record.time_s * SECOND)
    return told


class Told(NamedTuple):
    """What is compared: of which record, when, about what."""

    last: int
    time_s: int
    group: Mapping[str, frozenset[str]]


def told_of(correlated: Iterable[Correlated]) -> list[Told]:
    return [
        Told(
            each.event["event"]["sequence"],
            each.met_ns // SECOND,
            {name: frozenset(values) for name, values in each.group.items()},
        )
        for each in correlated
    ]


class Seen(NamedTuple):
    """A match in a group. `values`: of the field that is counted."""

    place: int
    sequence: int
    time_s: int
    name: str
    values: Values


Meets = Callable[[Sequence[Seen]], bool]
Group = tuple[str | None, ...]


def groups_of(fields: Mapping[str, Values], group_by: Sequence[str]) -> list[Group]:
    return list(product(*(fields.get(name) or (None,) for name in group_by)))


def told_at_once(
    records: Sequence[Record], meets: Meets, group_by: Sequence[str], span_s: int
) -> list[Told]:
    """Each record: is what the last span_s seconds hold, since the group was told last, enough?"""
    history: dict[Group, list[Seen]] = {}
    told = []
    for place, record in enumerate(records):
        met = []
        for group in touched(history, place, record, group_by):
            history[group] = [s for s in history[group] if s.time_s >= record.time_s - span_s]
            if meets(history[group]):
                met.append(group)
                history[group] = []
        if met:
            told.append(Told(record.sequence, record.time_s, merged(met, group_by)))
    return told


def told_at_the_end(
    records: Sequence[Record], meets: Meets, group_by: Sequence[str], span_s: int
) -> list[Told]:
    """A window opens with the first match of a group and is judged span_s seconds later, with all
    that happened until then. The records' last one ends them all."""
    history: dict[Group, list[Seen]] = {}
    told = []
    for place, record in enumerate(records):
        while due := [g for g, seen in history.items() if seen[0].time_s + span_s < record.time_s]:
            end = min(history[group][0].time_s for group in due) + span_s
            now = [group for group in due if history[group][0].time_s + span_s == end]
            met: dict[int, list[Group]] = {}
            for group in now:
                if meets(seen := history.pop(group)):
                    met.setdefault(seen[-1].sequence, []).append(group)
            told += [Told(last, end, merged(those, group_by)) for last, those in met.items()]
        touched(history, place, record, group_by)
    return told


def touched(
    history: dict[Group, list[Seen]], place: int, record: Record, group_by: Sequence[str]
) -> list[Group]:
    """Puts a record into its groups."""
    groups: dict[Group, None] = {}
    for name, fields in record.matches:
        values = fields.get("Size", ())
        seen = Seen(place, record.sequence, record.time_s, name, values)
        for group in groups_of(fields, group_by):
            history.setdefault(group, []).append(seen)
            groups[group] = None
    return list(groups)


def merged(groups: Iterable[Group], group_by: Sequence[str]) -> dict[str, frozenset[str]]:
    found = {name: {group[i] for group in groups} for i, name in enumerate(group_by)}
    known = {name: frozenset(v for v in values if v) for name, values in found.items()}
    return {name: values for name, values in known.items() if values}
