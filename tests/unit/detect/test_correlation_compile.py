"""Documents become correlations, or refusals that say why."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.unit.detect.correlating import (
    COUNTED,
    KNOWN,
    RULES,
    about_of,
    compiled,
    correlation_of,
    drafted,
)
from tests.unit.detect.test_correlation_section import POOL
from tracer.detect.correlation import COMPARISONS, Reference
from tracer.detect.correlation_compile import Draft, compile_correlations
from tracer.detect.rule import Place, Refusal


def reasons(*drafts: Draft) -> dict[str, str]:
    """Why they are refused, by title."""
    return {r.title: r.reason for r in compile_correlations(drafts, KNOWN, {}).refusals}


def test_rules_are_found_by_name_and_by_id() -> None:
    """And known by their key."""
    correlation = correlation_of(**COUNTED | {"rules": ["a", "id-b"]})
    assert [reference.key for reference in correlation.references] == ["key-a", "key-b"]


def test_what_is_referred_to_comes_first() -> None:
    """In whatever order the documents stand."""
    drafts = [drafted("x0", **COUNTED)] + [
        drafted(f"x{i}", type="temporal", rules=[f"x{i - 1}", "b"], timespan="1h")
        for i in range(1, 200)
    ]
    random.Random(1).shuffle(drafts)
    names = [correlation.about.name for correlation in compiled(*drafts)]
    assert sorted(names) == sorted(f"x{i}" for i in range(200))
    assert all(names.index(f"x{i - 1}") < names.index(f"x{i}") for i in range(1, 200))


def test_a_circle_is_refused_with_all_that_needs_it() -> None:
    """And what else there is works."""
    circle = [
        drafted(name, type="temporal", rules=[other], timespan="1h")
        for name, other in (("x", "id-y"), ("y", "z"), ("z", "x"), ("w", "x"), ("me", "me"))
    ]
    done = compile_correlations([*circle, drafted("fine", **COUNTED)], KNOWN, {})
    assert [correlation.about.name for correlation in done.correlations] == ["fine"]
    assert {r.title for r in done.refusals} == {"x", "y", "z", "w", "me"}
    assert "it refers to itself" in done.refusals[0].reason


def test_what_refers_to_a_refused_one_says_so() -> None:
    """It is foreign if that is; a correlation of it, too."""
    why = Refusal(Place("w.yml", 1), "w", "nothing is recorded of windows", True)
    drafts = [
        drafted("outer", type="temporal", rules=["inner", "a"], timespan="1h"),
        drafted("inner", **COUNTED | {"rules": ["w"]}),
        drafted("lost", **COUNTED | {"rules": ["nowhere"]}),
    ]
    done = compile_correlations(drafts, KNOWN, {"w": why})
    found = {r.title: (r.reason, r.is_foreign) for r in done.refusals}
    inner = "it refers to 'w', which is not used: nothing is recorded of windows"
    assert found == {
        "lost": ("there is no rule with the name or id 'nowhere'", False),
        "inner": (inner, True),
        "outer": (f"it refers to 'inner', which is not used: {inner}", True),
    }


def test_the_version_is_that_of_all_that_it_refers_to() -> None:
    """Through others, too."""

    def version(inner: str, rule: str) -> str:
        rules = KNOWN | {"a": RULES["a"].__class__(about_of("a", rule), *_rest())}
        outer = drafted("o", type="temporal", rules=["x"], timespan="1s")
        drafts = [outer, drafted("x", inner, **COUNTED)]
        return compile_correlations(drafts, rules, {}).correlations[1].about.version

    def _rest() -> tuple[Any, Any]:
        return RULES["a"].source, RULES["a"].node

    assert version("1", "1") == version("1", "1")
    assert len({version("1", "1"), version("2", "1"), version("1", "2")}) == 3
    assert len(version("1", "1")) == 12


def test_silent_is_what_others_use() -> None:
    """Unless they generate it."""
    outer = drafted("o", type="temporal", rules=["x"], timespan="1s")
    assert [c.is_silent for c in compiled(outer, drafted("x", **COUNTED))] == [True, False]
    loud = drafted("o", type="temporal", rules=["x"], timespan="1s", generate=True)
    assert [c.is_silent for c in compiled(loud, drafted("x", **COUNTED))] == [False, False]


def test_aliases_become_fields() -> None:
    """Of each rule; a rule may be called by another of its names there."""
    correlation = correlation_of(
        type="value_count",
        rules=["a", "id-b"],
        group_by=["who", "Pane"],
        aliases={"who": {"id-a": "User", "b": "SubmittedBy"}, "idle": {"a": "x"}},
        condition={"gte": 2, "field": ["who", "Image"]},
    )
    assert correlation.references == (
        Reference("key-a", ("User", "Pane"), ("User", "Image")),
        Reference("key-b", ("SubmittedBy", "Pane"), ("SubmittedBy", "Image")),
    )


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"rules": ["a", "id-a"]}, "it refers to the same rule twice"),
        ({"rules": [str(i) for i in range(33)]}, "it refers to more than 32 rules"),
        ({"group_by": list(map(str, range(33)))}, "it has more than 32 fields"),
        ({"condition": {"gte": 10_001}}, "it counts to 10001, and 10000 is the most"),
        ({"condition": {"eq": -1}}, "no number of events meets its condition"),
        ({"condition": {"lt": 1}}, "no number of events meets its condition"),
        ({"condition": {"gte": 5, "lt": 5}}, "no number of events meets its condition"),
        ({"condition": {"eq": 2.5}}, "no number of events meets its condition"),
        ({"type": "temporal", "condition": {"gte": 2}}, "no number of events meets its condition"),
        ({"type": "temporal", "condition": "not a"}, "its condition holds where nothing happened"),
        ({"type": "temporal", "condition": "a and"}, "it ends where a rule must be named"),
        (
            {"type": "temporal_ordered", "rules": ["a", "b"], "condition": "a or b"},
            "where rules have an order, words can only join them by 'and'",
        ),
        (
            {"rules": ["a", "b"], "group_by": ["who"], "aliases": {"who": {"a": "User"}}},
            "alias 'who' doesn't say which field of 'key-b' it is",
        ),
        ({"aliases": {"who": {"nobody": "User"}}}, "there is no rule with the name or id 'nobody'"),
        ({"rules": ["x" * 5000]}, "there is no rule with the name or id 'xxx"),
    ],
)
def test_what_can_not_be_had_is_said(section: dict[str, Any], reason: str) -> None:
    """In words, and not many."""
    (said,) = reasons(drafted("x", **COUNTED | section)).values()
    assert reason in said
    assert len(said) <= 300


def test_a_condition_that_can_be_met_is_not_refused() -> None:
    """And only that; some number up to what it counts to meets it, or none does."""
    dice = random.Random(4)
    for _ in range(500):
        comparisons = dice.sample(list(COMPARISONS), dice.choice((1, 2, 3)))
        condition = {c: dice.choice((-2, 0, 1, 2, 2.5, 3, 7, 7.5, 8, 9)) for c in comparisons}
        can_be = any(
            all(COMPARISONS[c](n, bound) for c, bound in condition.items()) for n in range(1, 20)
        )
        assert can_be is not bool(reasons(drafted("x", **COUNTED | {"condition": condition})))


def test_whatever_a_section_holds_is_a_correlation_or_a_refusal() -> None:
    """Wrong types in all places; nothing is raised."""
    dice = random.Random(3)
    odd = [None, 5, -1, 1e308, True, "", "a", "not " * 5000, [], {}, [[]], {"a": []}, {5: 5}, b"x"]
    count = 2000
    drafts = []
    for i in range(count):
        section = dict(COUNTED)
        for key in dice.sample(list(POOL), 2):
            section[key] = dice.choice(odd + POOL[key])
        drafts.append(Draft(about_of(f"x{i}"), {"correlation": section}))
    done = compile_correlations(drafts, KNOWN, {})
    assert len(done.correlations) + len(done.refusals) == count
    assert len(done.correlations) > 50 < len(done.refusals)
