"""Correlations in time: chains, aliases, the ends of windows, rules that are read again. What each
type means is in test_windows.py."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.detect.correlating import (
    COUNTED,
    FEW,
    SECOND,
    compiled,
    correlation_of,
    drafted,
    fed,
    happened,
)
from tracer.detect.correlator import Correlator
from tracer.detect.rule import Place


def test_causes_are_the_records_that_made_it() -> None:
    """In a chain, those of the inner one, too; the event is that of the last of them."""
    outer = drafted("outer", type="temporal_ordered", rules=["x", "b"], timespan="10s")
    correlator = Correlator(compiled(outer, drafted("x", **COUNTED)))
    told = fed(correlator, [happened(1, "a"), happened(2, "a"), happened(3, "c"), happened(4, "b")])
    assert [(t.correlation.about.name, t.causes) for t in told] == [("outer", (1, 2, 4))]
    assert told[0].event == {"event": {"sequence": 4}}


def test_no_more_than_the_last_hundred_are_named() -> None:
    """However many it took."""
    many = COUNTED | {"condition": {"gte": 150}}
    told = fed(Correlator([correlation_of(**many)]), [happened(5, "a", i) for i in range(300)])
    assert [t.causes for t in told] == [tuple(range(50, 150)), tuple(range(200, 300))]


def test_the_end_of_a_window_comes_by_any_record() -> None:
    """It needs no match. The alert has the time of the last record in it."""
    correlator = Correlator([correlation_of(**FEW)])
    assert not fed(correlator, [happened(1, "a"), happened(8, "a")])
    assert not correlator.tick(11 * SECOND)
    (told,) = correlator.tick(11 * SECOND + 1)
    assert (told.causes, told.time_ns, told.met_ns) == ((1, 8), 8 * SECOND, 11 * SECOND)
    assert not correlator.tick(99 * SECOND)


def test_windows_end_in_the_order_of_their_ends() -> None:
    """Whichever correlation they are of: what comes behind them is told the order that it was."""
    correlator = Correlator(
        compiled(
            drafted("late", **FEW | {"timespan": "9s"}),
            drafted("early", **FEW | {"timespan": "3s", "rules": ["b"]}),
            drafted("x", type="temporal_ordered", rules=["early", "late"], timespan="9s"),
        )
    )
    assert not fed(correlator, [happened(1, "a"), happened(2, "b")])
    (told,) = correlator.tick(20 * SECOND)
    assert (told.causes, told.time_ns, told.met_ns) == ((2, 1), 1 * SECOND, 10 * SECOND)


def test_silent_ones_only_tell_others() -> None:
    """Unless they are generated; at the end of windows, too."""
    for inner in (COUNTED | {"condition": {"gte": 1}}, FEW):
        for generate, names in ((False, ["outer"]), (True, ["x", "outer"])):
            outer = drafted("outer", type="temporal", rules=["x"], timespan="1s", generate=generate)
            correlator = Correlator(compiled(drafted("x", **inner), outer))
            told = fed(correlator, [happened(1, "a"), happened(50, "b")])
            assert [t.correlation.about.name for t in told] == names


def test_an_alias_is_another_field_in_each_rule() -> None:
    """And the group goes by the alias."""
    correlation = correlation_of(
        type="temporal",
        rules=["a", "b"],
        group_by=["who"],
        aliases={"who": {"a": "User", "id-b": "ParentUser"}},
    )
    alike = [happened(1, "a", User="x", ParentUser="z"), happened(2, "b", User="z", ParentUser="x")]
    (told,) = fed(Correlator([correlation]), alike)
    assert told.group == {"who": ("x",)}
    unlike = [happened(1, "a", User="x"), happened(2, "b", User="x", ParentUser="y")]
    assert not fed(Correlator([correlation]), unlike)


def test_an_outer_one_groups_by_what_the_inner_one_did() -> None:
    """Its alias is a field to those that refer to it."""
    inner = drafted("x", **COUNTED, group_by=["who"], aliases={"who": {"a": "User"}})
    outer = drafted("o", type="temporal", rules=["x", "b"], timespan="9s", group_by=["who"])
    correlator = Correlator(compiled(inner, outer))
    told = fed(correlator, [happened(1, "a", User="x"), happened(2, "a", User="x")])
    told += fed(correlator, [happened(3, "b", who="y"), happened(4, "b", who="x")])
    assert [(t.causes, t.group) for t in told] == [((1, 2, 4), {"who": ("x",)})]


def test_what_is_unchanged_goes_on_when_rules_are_read_again() -> None:
    """By its version, which is also that of the rules that it refers to; others begin anew."""
    correlator = Correlator(compiled(drafted("x", **COUNTED), drafted("y", **COUNTED)))
    fed(correlator, [happened(1, "a")])
    moved = drafted("y", **COUNTED)
    moved = moved._replace(about=replace(moved.about, place=Place("x.yml", 99)))
    correlator.replace(compiled(drafted("z", **COUNTED), moved, drafted("x", "2", **COUNTED)))
    (told,) = fed(correlator, [happened(2, "a")])
    assert (told.correlation.about.name, told.causes) == ("y", (1, 2))
    assert told.correlation.about.place.line == 99
    others = fed(correlator, [happened(3, "a")])
    assert [t.correlation.about.name for t in others] == ["z", "x"]


def test_an_outer_one_may_group_by_what_the_inner_one_does_not() -> None:
    """By a field of its last record."""
    inner = drafted("x", **COUNTED, group_by=["User"])
    outer = drafted("o", type="temporal", rules=["x", "b"], timespan="9s", group_by=["Host"])
    records = [happened(1, "a", User="x", Host="h"), happened(2, "a", User="x", Host="i")]
    told = fed(Correlator(compiled(inner, outer)), [*records, happened(3, "b", Host="i")])
    assert [(t.causes, t.group) for t in told] == [((1, 2, 3), {"Host": ("i",)})]
    assert not fed(Correlator(compiled(inner, outer)), [*records, happened(3, "b", Host="h")])
