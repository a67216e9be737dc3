"""Where in a record the fields of a view stand, as data; and taking them from there.

Invariant: whatever a record holds, taking fields from it fails never: what isn't of the kind that
is looked for isn't there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from tracer.codec.identity import Fields
from tracer.detect.view import Values

Shape: TypeAlias = "dict[str, str | tuple[str, ...] | Shape]"
"""A record's keys, nested as they are there, down to the name of the field that a value becomes, or
to several names of it. Of a list, each member is meant."""

_NONE: Final[Fields] = {}


def taken(shape: Shape, record: object) -> dict[str, Values]:
    """The fields that stand there, each value of one once."""
    found: dict[str, list[str]] = {}
    if isinstance(record, dict):
        _take(shape, record, found)
    return {
        name: (values[0],) if len(values) == 1 else tuple(dict.fromkeys(values))
        for name, values in found.items()
    }


def names_in(shape: Shape) -> Iterator[str]:
    """The fields that taken() may find."""
    for below in shape.values():
        if isinstance(below, str):
            yield below
        elif isinstance(below, tuple):
            yield from below
        else:
            yield from names_in(below)


def joined(*shapes: Shape) -> Shape:
    """All of them as one; where two name the same value, the last one does."""
    whole: dict[str, str | tuple[str, ...] | Shape] = {}
    for shape in shapes:
        for key, below in shape.items():
            before = whole.get(key)
            is_deep = isinstance(before, dict) and isinstance(below, dict)
            whole[key] = joined(before, below) if is_deep else below  # type: ignore[arg-type]
    return whole


def value_of(value: object) -> str | None:
    """A value as rules compare it; None for what is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def part(record: object, *keys: str) -> Fields:
    """The object that stands there; an empty one if none does."""
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return record if isinstance(record, dict) else _NONE


def parts(record: object, key: str) -> list[Fields]:
    """The objects in the list that stands there."""
    found = record.get(key) if isinstance(record, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _take(shape: Shape, record: Fields, found: dict[str, list[str]]) -> None:
    for key, below in shape.items():
        value = record.get(key)
        if isinstance(value, list):
            for each in value:
                _put(below, each, found)
        elif value is not None:
            _put(below, value, found)


def _put(below: str | tuple[str, ...] | Shape, value: object, found: dict[str, list[str]]) -> None:
    if isinstance(below, dict):
        if isinstance(value, dict):
            _take(below, value, found)
    elif (text := value if isinstance(value, str) else value_of(value)) is not None:
        for name in (below,) if isinstance(below, str) else below:
            found.setdefault(name, []).append(text)
