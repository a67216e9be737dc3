"""Fields are taken from where a shape says that they stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.detect.shape import Shape, joined, names_in, part, parts, taken, value_of

SHAPE: Shape = {
    "process": {"name": "Name", "args": "Args"},
    "user": {"id": ("Uid", "LogonId")},
    "people": {"name": "Who"},
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(("process", "name", "user", "id", "people")), inner)
    ),
    max_leaves=20,
)


def test_values_stand_under_the_names_of_their_fields() -> None:
    """One value may become several fields; what the shape doesn't name is left."""
    record = {"process": {"name": "ls", "pid": 3}, "user": {"id": "7"}, "tag": "x"}
    assert taken(SHAPE, record) == {"Name": ("ls",), "Uid": ("7",), "LogonId": ("7",)}


def test_of_lists_each_member_counts_once() -> None:
    """In their order, whether they are values or objects that have one."""
    record = {"process": {"args": ["a", "b", "a"]}, "people": [{"name": "ada"}, {}, {"name": "bo"}]}
    assert taken(SHAPE, record) == {"Args": ("a", "b"), "Who": ("ada", "bo")}


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), ("", ""), (12, "12"), (1.5, "1.5"), (True, "true"), (False, "false")]
    + [(nothing, None) for nothing in (None, {}, [])],
)
def test_values_are_text(value: object, text: str | None) -> None:
    """Numbers in decimal, yes and no in words; anything else is none."""
    assert value_of(value) == text


def test_what_is_of_another_kind_is_not_there() -> None:
    """An object where a value should be, and the other way round."""
    assert taken(SHAPE, {"process": "ls", "user": {"id": {"x": 1}}, "people": [["a"]]}) == {}


@given(ANY_JSON)
def test_taking_never_fails(record: Any) -> None:
    """Whatever stands there, what is found are texts under names of the shape."""
    found = taken(SHAPE, record)
    assert set(found) <= set(names_in(SHAPE))
    assert all(isinstance(value, str) for values in found.values() for value in values)


def test_shapes_are_joined_deeply() -> None:
    """The last one wins where both name a value."""
    one: Shape = {"a": {"b": "B", "c": "C"}}
    assert joined(one, {"a": {"c": "D"}, "e": "E"}) == {"a": {"b": "B", "c": "D"}, "e": "E"}
    assert one == {"a": {"b": "B", "c": "C"}}


def test_parts_are_objects() -> None:
    """An empty one, or none, where something else stands."""
    record = {"a": {"b": {"c": 1}, "l": [{"x": 1}, 2]}}
    assert part(record, "a", "b") == {"c": 1}
    assert part(record, "a", "l") == part(record, "x", "y") == part(None, "a") == {}
    assert parts(record["a"], "l") == [{"x": 1}]
    assert parts(record, "a") == parts([], "a") == []
