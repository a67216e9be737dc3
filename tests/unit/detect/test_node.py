"""Conditions as trees."""

from __future__ import annotations

import pytest

from tracer.detect.matchers import Contains, EndsWith, Equals
from tracer.detect.node import And, Exists, Holds, Not, Or, Refers, Relation, union
from tracer.detect.view import PROCESS_CREATION, View

VIEW = View(PROCESS_CREATION, {"A": ("X1", "y2"), "B": ("x",), "E": (), "F": ("",)}, "Some Text")
YES = Holds("A", Equals(frozenset({"x1"})))
NO = Holds("A", Equals(frozenset({"other"})))


def test_parts_are_joined() -> None:
    """As their names say."""
    assert And((YES, YES)).test(VIEW)
    assert not And((YES, NO)).test(VIEW)
    assert Or((NO, YES)).test(VIEW)
    assert not Or((NO, NO)).test(VIEW)
    assert Not(NO).test(VIEW)
    assert not Not(YES).test(VIEW)


def test_a_field_holds_what_one_of_its_values_is() -> None:
    """With or without case; without a field, it is the text."""
    assert Holds("A", EndsWith(("2",))).test(VIEW)
    assert not Holds("A", Equals(frozenset({"x1"})), is_cased=True).test(VIEW)
    assert Holds("A", Equals(frozenset({"X1"})), is_cased=True).test(VIEW)
    assert not Holds("C", Contains(("",))).test(VIEW)
    assert Holds(None, Contains(("some text",))).test(VIEW)
    assert not Holds(None, Contains(("some",)), is_cased=True).test(VIEW)


def test_what_met_is_told_as_it_was() -> None:
    """In its own case, and only that."""
    assert YES.met_by(VIEW) == ("X1",)
    assert Holds("A", Contains(("",))).met_by(VIEW) == ("X1", "y2")
    assert Holds("C", Contains(("",))).met_by(VIEW) == ()
    assert Holds(None, Contains(("text",))).met_by(VIEW) == ("Some Text",)
    assert Refers("A", Relation.STARTS_WITH, "B").met_by(VIEW) == ("X1",)


def test_a_field_is_there_if_it_holds_something() -> None:
    """Be it empty."""
    assert [Exists(name).test(VIEW) for name in "ABCEF"] == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("relation", "met"),
    [
        (Relation.IS, [False, True]),
        (Relation.STARTS_WITH, [True, True]),
        (Relation.ENDS_WITH, [False, True]),
        (Relation.CONTAINS, [True, True]),
    ],
)
def test_fields_are_held_against_each_other(relation: Relation, met: list[bool]) -> None:
    """Without case; a field that isn't there stands to nothing."""
    assert [Refers(name, relation, "B").test(VIEW) for name in "AB"] == met
    assert not Refers("A", relation, "C").test(VIEW)
    assert not Refers("C", relation, "A").test(VIEW)


def test_a_witness_is_what_must_be_there() -> None:
    """Of several parts the rarest, of alternatives all, of what is denied nothing."""
    long = Holds("A", Contains(("long literal",)))
    assert And((YES, long)).witness == {"long literal"}
    assert Or((YES, long)).witness == {"x1", "long literal"}
    assert Or((YES, Exists("A"))).witness is None
    assert And((YES, Not(long))).witness == {"x1"}
    assert Refers("A", Relation.IS, "B").witness is None
    assert union([]) is None
