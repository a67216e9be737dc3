"""The `correlation` section of a document, read field by field.

Invariant: what comes out has the types that it says; what isn't understood is a ValueError whose
text says what. The section is read here and not by pySigma, which refuses ranges and capital AND,
which the specification has, and raises what it likes at a type that it doesn't expect; tests hold
both against each other. Whether the rules exist is seen in correlation_compile.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from tracer.config import nearest
from tracer.detect.correlation import COMPARISONS, METRICS, PRESENCES, Bound, Kind
from tracer.detect.expression import names_of
from tracer.detect.rule import About

_SECOND_NS: Final = 1_000_000_000
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}
_SPAN: Final = re.compile(r"([0-9]{1,9})([smhdwMy])")
_LARGEST: Final = 10**15  # floats below are exact
_KEYS: Final = ("type", "rules", "aliases", "group-by", "timespan", "condition", "generate")
_EVERY_VALUE: Final = ("value_percentile", "value_median")


class Section(NamedTuple):
    """`rules`: names or ids, as `rules` or else the condition has them. `aliases`: alias -> rule ->
    field. `counted`: the field, or fields, of the condition. `bounds` is empty where there is an
    expression, or a temporal one says nothing."""

    about: About
    kind: Kind
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    aliases: Mapping[str, Mapping[str, str]]
    counted: tuple[str, ...]
    span_ns: int
    bounds: tuple[Bound, ...]
    expression: str | None
    generates: bool


def read_section(about: About, document: Mapping[str, object]) -> Section:
    """ValueError: what it says isn't understood."""
    section = _mapping("correlation", document.get("correlation"))
    _only(section, _KEYS)
    kind = _kind(section.get("type"))
    condition = section.get("condition")
    expression = _expression(kind, condition)
    return Section(
        about=about,
        kind=kind,
        rules=_rules(section.get("rules"), expression),
        group_by=_texts("group-by", section.get("group-by", [])),
        aliases=_aliases(section.get("aliases", {})),
        counted=() if expression else _counted(kind, condition),
        span_ns=_span_ns(section.get("timespan")),
        bounds=() if expression else _bounds(kind, condition),
        expression=expression,
        generates=_generates(section, document),
    )


def _kind(said: object) -> Kind:
    if said in _EVERY_VALUE:
        raise ValueError(f"{said} needs every value of its window, and so many can't be kept")
    if not isinstance(said, str) or said not in list(Kind):
        raise ValueError(f"{said!r} is no type of correlation; {nearest(str(said), Kind)}")
    return Kind(said)


def _expression(kind: Kind, condition: object) -> str | None:
    if not isinstance(condition, str):
        return None
    if kind not in PRESENCES:
        raise ValueError(f"the condition of {kind} can't be words")
    return condition


def _rules(said: object, expression: str | None) -> tuple[str, ...]:
    """All that the expression names, and nothing else."""
    named = names_of(expression) if expression else ()
    rules = named if said is None else _texts("rules", said)
    if not rules:
        raise ValueError("it refers to no rule")
    if idle := set(rules) - set(named or rules):
        raise ValueError(f"its condition doesn't name {min(idle)!r}")
    return rules


def _bounds(kind: Kind, said: object) -> tuple[Bound, ...]:
    if said is None and kind in PRESENCES:
        return ()
    condition = _mapping("condition", said)
    _only(condition, (*COMPARISONS, "field"))
    bounds = tuple(Bound(n, _number(n, condition[n])) for n in COMPARISONS if n in condition)
    if not bounds:
        raise ValueError(f"its condition has none of {', '.join(COMPARISONS)}")
    return bounds


def _number(name: str, said: object) -> int | float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise ValueError(f"{name} is no number: {said!r}")
    if not abs(said) <= _LARGEST:  # nor is what YAML calls .nan
        raise ValueError(f"{name} is larger than {_LARGEST}")
    return said


def _counted(kind: Kind, said: object) -> tuple[str, ...]:
    """The fields that values are counted of, which only these kinds have."""
    has_values = kind is Kind.VALUE_COUNT or kind in METRICS
    field = said.get("field") if isinstance(said, Mapping) else None
    if has_values != (field is not None):
        raise ValueError(f"the condition of {kind} {'needs a' if has_values else 'has no'} field")
    fields = _texts("field", field if has_values else [])
    if kind in METRICS and len(fields) != 1:
        raise ValueError(f"{kind} is of one field")
    return fields


def _span_ns(said: object) -> int:
    span = _SPAN.fullmatch(said) if isinstance(said, str) else None
    if span is None or not int(span[1]):
        raise ValueError(f"{said!r} is no timespan, like 90s, 5m, 1h or 7d")
    return int(span[1]) * _SECONDS[span[2]] * _SECOND_NS


def _aliases(said: object) -> dict[str, dict[str, str]]:
    aliases = {}
    for alias, fields in _mapping("aliases", said).items():
        mapping = _mapping(f"alias {alias!r}", fields)
        aliases[alias] = {rule: _text(f"alias {alias!r}", f) for rule, f in mapping.items()}
    return aliases


def _generates(section: Mapping[str, object], document: Mapping[str, object]) -> bool:
    """The specification has it in the document, pySigma in the section."""
    said = section.get("generate", document.get("generate", False))
    if not isinstance(said, bool):
        raise ValueError(f"generate is neither true nor false: {said!r}")
    return said


def _mapping(name: str, said: object) -> Mapping[str, object]:
    if not isinstance(said, Mapping) or not all(isinstance(key, str) for key in said):
        raise ValueError(f"{name} must be a mapping of names")
    return said


def _texts(name: str, said: object) -> tuple[str, ...]:
    """One text stands for a list of it."""
    texts = said if isinstance(said, list) else [said]
    if len(set(map(str, texts))) < len(texts):
        raise ValueError(f"{name} has the same twice")
    return tuple(_text(name, text) for text in texts)


def _text(name: str, said: object) -> str:
    if not isinstance(said, str) or not said:
        raise ValueError(f"{name} must be text, not {said!r}")
    return said


def _only(mapping: Mapping[str, object], known: Iterable[str]) -> None:
    for key in mapping:
        if key not in known:
            raise ValueError(f"there is no {key!r} in a correlation; {nearest(key, known)}")
