"""Why a view meets a condition, or doesn't.

Invariant: an explanation has the truth that test() has, part by part. What a field holds may be
hostile: it is shown elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.detect.node import And, Exists, Holds, Node, Not, Or, Refers
from tracer.detect.rule import Rule
from tracer.detect.view import Values, View

TEXT = "text"
"""Stands where a field would, for what keywords are looked for in."""


class Explained(NamedTuple):
    """`text`: what is asked for. `held`: what the field holds, nothing if it isn't there, or if
    there is none but `parts`."""

    text: str
    is_met: bool
    held: Values = ()
    parts: tuple[Explained, ...] = ()


def explain(node: Node, view: View) -> Explained:
    """Each part of the condition, all of them tested."""
    parts = tuple(explain(each, view) for each in _parts(node))
    return Explained(_text(node), node.test(view), _held(node, view), parts)


def matched(rule: Rule, view: View) -> dict[str, Values]:
    """The fields, with those of their values, that met the rule; TEXT for keywords."""
    found: dict[str, Values] = {}
    _match(rule.node, view, found)
    return found


def fields(node: Node) -> frozenset[str]:
    """The fields that it names."""
    below = frozenset[str]().union(*map(fields, _parts(node)))
    return below.union(name for name in _asked(node) if name)


def _match(node: Node, view: View, found: dict[str, Values]) -> None:
    """What isn't there met nothing, so a Not tells nothing."""
    match node:
        case And(nodes) | Or(nodes):
            for each in nodes:
                if each.test(view):
                    _match(each, view, found)
        case Holds(field) | Refers(field):
            values = (*found.get(field or TEXT, ()), *node.met_by(view))
            found[field or TEXT] = tuple(dict.fromkeys(values))
        case Exists(field):
            found.setdefault(field, view.fields.get(field, ()))


def _text(node: Node) -> str:
    match node:
        case And() | Or() | Not():
            return {And: "all of", Or: "one of", Not: "not"}[type(node)]
        case Holds(field, matcher):
            return f"{field or TEXT} {matcher}"
        case Exists(field):
            return f"{field} is there"
        case Refers(field, relation, other):
            return f"{field} {relation} what {other} holds"
    return str(node)


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case And(nodes) | Or(nodes):
            return nodes
        case Not(inner):
            return (inner,)
    return ()


def _asked(node: Node) -> tuple[str | None, ...]:
    """The fields that a leaf asks for; None: the text."""
    match node:
        case Holds(field) | Exists(field):
            return (field,)
        case Refers(field, _, other):
            return field, other
    return ()


def _held(node: Node, view: View) -> Values:
    held = (view.fields.get(f, ()) if f else (view.text,) for f in _asked(node))
    return tuple(value for values in held for value in values)
