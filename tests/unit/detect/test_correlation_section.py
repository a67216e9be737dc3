"""The correlation section means to us what it means to pySigma; what differs is known."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sigma.correlations import SigmaCorrelationRule, SigmaExtendedCorrelationCondition
from sigma.exceptions import SigmaError

from tests.unit.detect.correlating import about_of
from tracer.detect.correlation import Kind
from tracer.detect.correlation_section import Section, read_section
from tracer.detect.expression import parse

GOOD: dict[str, Any] = {
    "type": "event_count",
    "rules": ["a"],
    "timespan": "5m",
    "condition": {"gte": 3},
}
TEMPORAL = {"type": "temporal", "rules": ["a", "b"], "timespan": "1h"}
POOL: dict[str, list[Any]] = {
    "type": [
        "event_count",
        "value_count",
        "temporal",
        "temporal_ordered",
        "value_sum",
        "value_avg",
    ],
    "rules": ["a", ["a"], ["a", "b"], ["b", "a", "c"]],
    "timespan": ["5s", "90m", "1h", "30d", "2w", "1M", "1y", "0s", "5", "m", "-5m", "1.5h", 60],
    "group-by": ["User", ["User"], ["User", "who"], []],
    "aliases": [{}, {"who": {"a": "User", "b": "SubmittedBy"}}, ["a"], {"who": "User"}],
    "condition": [
        *({op: 3} for op in ("gt", "gte", "lt", "lte", "eq", "neq")),
        {"gte": 2.5},
        *({"gte": 3, "field": field} for field in ("User", ["User"], ["User", "Image"])),
        {},
        {"field": "User"},
        {"least": 3},
        "a",
        "a and b",
        "a or not b",
        "a and (b",
        "a and d",
    ],
    "generate": [True, False, "yes"],
}


def read(section: Any, **document: Any) -> Section:
    return read_section(about_of("x"), {"correlation": section} | document)


def drawn(seed: int) -> dict[str, Any]:
    """A section at random, mostly whole."""
    dice = random.Random(seed)
    section = dict(GOOD if dice.random() < 0.5 else TEMPORAL)
    for key in dice.sample(list(POOL), dice.choice((1, 2, 2, 3))):
        section[key] = dice.choice(POOL[key])
    if dice.random() < 0.1:
        section.pop(dice.choice(list(section)))
    return section


def by_pysigma(section: dict[str, Any]) -> tuple[Any, ...] | None:
    """In our terms; None where it is refused."""
    try:
        rule = SigmaCorrelationRule.from_dict({"title": "x", "correlation": section})
    except SigmaError:
        return None
    rules = tuple(reference.reference for reference in rule.rules or ())
    words, bounds, fields = None, [], ()
    if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        words = rule.condition.expression
        rules = rules or tuple(rule.condition.get_referenced_rules())
    else:
        bounds = [(rule.condition.op.name.lower(), rule.condition.count)]
        field = rule.condition.fieldref
        fields = tuple(field) if isinstance(field, list) else (field,) if field else ()
    aliases = {a.alias: {r.reference: f for r, f in a.mapping.items()} for a in rule.aliases}
    span_ns = rule.timespan.seconds * 1_000_000_000
    group_by = tuple(rule.group_by or ())
    return rule.type.name.lower(), rules, span_ns, group_by, aliases, words, bounds, fields


def by_us(section: dict[str, Any]) -> tuple[Any, ...] | str:
    """The same; where it is refused, why."""
    try:
        found = read(section)
        if found.expression:
            parse(found.expression, found.rules)
    except ValueError as error:
        return str(error)
    bounds = [tuple(bound) for bound in found.bounds]
    if not bounds and not found.expression:
        bounds = [("gte", len(found.rules))]
    return (
        found.kind.value,
        found.rules,
        found.span_ns,
        found.group_by,
        found.aliases,
        found.expression,
        bounds,
        found.counted,
    )


STRICTER = ("has no field", "is of one field", "refers to no rule")
"""Why we refuse what pySigma takes: a field that nothing would count, rules that are none."""


def test_sections_mean_what_they_mean_to_pysigma() -> None:
    """At random: the same, or refused by both."""
    taken = 0
    for section in map(drawn, range(800)):
        theirs, ours = by_pysigma(section), by_us(section)
        if isinstance(ours, str):
            assert theirs is None or any(why in ours for why in STRICTER), (section, ours)
        else:
            assert ours == theirs, section
            taken += 1
    assert taken > 200


def test_ranges_are_read() -> None:
    """The specification has them, pySigma has not."""
    section = GOOD | {"condition": {"gt": 100, "lte": 200}}
    assert by_pysigma(section) is None
    assert [tuple(bound) for bound in read(section).bounds] == [("gt", 100), ("lte", 200)]


def test_generate_stands_in_the_document_or_in_the_section() -> None:
    """The specification has it there, pySigma here."""
    assert not read(GOOD).generates
    assert read(GOOD, generate=True).generates
    assert read(GOOD | {"generate": True}).generates


def test_all_types_are_known() -> None:
    """Those that are refused are so for a reason."""
    assert set(POOL["type"]) == set(Kind)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "value_median"}, "value_median needs every value of its window"),
        ({"type": "value_percentile"}, "value_percentile needs every value of its window"),
        ({"type": "event_cont"}, "is no type of correlation; the nearest is event_count"),
        ({"type": 5}, "5 is no type of correlation; there are: event_count"),
        ({"type": None}, "None is no type"),
        ({"type": ["temporal"]}, "is no type"),
        (
            {"group_by": ["User"]},
            "there is no 'group_by' in a correlation; the nearest is group-by",
        ),
        ({"group-by": [["User"]]}, "group-by must be text"),
        ({"group-by": ["User", "User"]}, "group-by has the same twice"),
        ({"group-by": None}, "group-by must be text, not None"),
        ({"rules": None}, "it refers to no rule"),
        ({"rules": []}, "it refers to no rule"),
        ({"rules": ["a", "a"]}, "rules has the same twice"),
        ({"rules": [{}]}, "rules must be text"),
        ({"rules": {"a": "b"}}, "rules must be text"),
        ({"timespan": "1" * 5000 + "d"}, "is no timespan"),
        ({"timespan": None}, "None is no timespan, like 90s"),
        ({"condition": None}, "condition must be a mapping"),
        ({"condition": []}, "condition must be a mapping"),
        ({"condition": {1: 2}}, "condition must be a mapping"),
        ({"condition": {"gte": True}}, "gte is no number: True"),
        ({"condition": {"gte": "10"}}, "gte is no number: '10'"),
        ({"condition": {"gte": float("nan")}}, "gte is larger than 1000000000000000"),
        ({"condition": {"gte": 10**400}}, "gte is larger than 1000000000000000"),
        ({"condition": {"gte": [1]}}, "gte is no number: [1]"),
        ({"condition": {"gte": 1, "fields": "a"}}, "there is no 'fields'"),
        ({"condition": {"gte": 1, "percentile": 5}}, "there is no 'percentile'"),
        ({"condition": {"gte": 1, "field": "User"}}, "event_count has no field"),
        ({"condition": "a"}, "the condition of event_count can't be words"),
        ({"type": "value_count"}, "the condition of value_count needs a field"),
        ({"aliases": {"who": {"a": 5}}}, "alias 'who' must be text, not 5"),
        ({"aliases": {5: {}}}, "aliases must be a mapping of names"),
        ({"generate": 1}, "generate is neither true nor false"),
        (TEMPORAL | {"condition": "a"}, "its condition doesn't name 'b'"),
        (TEMPORAL | {"rules": None, "condition": "()"}, "it refers to no rule"),
    ],
)
def test_what_is_not_understood_is_said(change: dict[Any, Any], reason: str) -> None:
    """Each in words; whatever the types are."""
    with pytest.raises(ValueError) as caught:
        read(GOOD | change)
    assert reason in str(caught.value)


@pytest.mark.parametrize("section", [None, 5, "x", [], {}])
def test_no_section_is_said(section: Any) -> None:
    """Whatever stands there."""
    with pytest.raises(ValueError):
        read(section)
