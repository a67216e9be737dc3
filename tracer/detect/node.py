"""Conditions: what a rule asks of a view, as a tree that can be evaluated and explained.

Invariant: test() raises nothing and needs time linear in what the view holds. A witness is
necessary: a view that has none of its literals can't be met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tracer.detect.view import Values, View

if TYPE_CHECKING:
    from tracer.detect.matchers import Matcher

_SAID_OFTEN: Final = ("type", "SYSCALL")
"""Fields that say the same in all records of auditd, nearly: looking for that rules nothing out."""

Witness = frozenset[str]
"""Lower-case literals, one of which stands somewhere in the fields or the text of any view that is
met."""


class Node(Protocol):
    """A part of a condition."""

    def test(self, view: View) -> bool:
        """Whether the view meets it."""

    @property
    def witness(self) -> Witness | None:
        """None: nothing must be there."""


class And(NamedTuple):
    """All of them."""

    nodes: tuple[Node, ...]

    def test(self, view: View) -> bool:
        return all(node.test(view) for node in self.nodes)

    @property
    def witness(self) -> Witness | None:
        return min((w for node in self.nodes if (w := node.witness)), key=cost, default=None)


class Or(NamedTuple):
    """One of them at least."""

    nodes: tuple[Node, ...]

    def test(self, view: View) -> bool:
        return any(node.test(view) for node in self.nodes)

    @property
    def witness(self) -> Witness | None:
        return union(node.witness for node in self.nodes)


class Not(NamedTuple):
    """Not that."""

    node: Node

    def test(self, view: View) -> bool:
        return not self.node.test(view)

    @property
    def witness(self) -> Witness | None:
        return None


class Holds(NamedTuple):
    """One of the values of a field meets the matcher; without a field, the text does. Where case
    doesn't matter, the literals of the matcher are in lower case."""

    field: str | None
    matcher: Matcher
    is_cased: bool = False

    def test(self, view: View) -> bool:
        return any(map(self.matcher.meets, self._compared(view)))

    @property
    def witness(self) -> Witness | None:
        return None if self.field in _SAID_OFTEN else self.matcher.witness

    def met_by(self, view: View) -> Values:
        """The values that meet it, as the view has them."""
        values = (view.text,) if self.field is None else view.fields.get(self.field, ())
        compared = zip(values, self._compared(view), strict=True)
        return tuple(value for value, each in compared if self.matcher.meets(each))

    def _compared(self, view: View) -> Values:
        if self.field is None:
            return (view.text if self.is_cased else view.folded_text,)
        return (view.fields if self.is_cased else view.folded).get(self.field, ())


class Exists(NamedTuple):
    """The field is there, whatever it holds."""

    field: str

    def test(self, view: View) -> bool:
        return bool(view.fields.get(self.field))

    @property
    def witness(self) -> Witness | None:
        return None


class Relation(StrEnum):
    """How a value may stand to another one."""

    IS = "is"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"
    CONTAINS = "contains"


class Refers(NamedTuple):
    """One of the values of a field is, or begins, ends or goes on with, one of another field."""

    field: str
    relation: Relation
    other: str

    def test(self, view: View) -> bool:
        return any(True for _ in self._met(view))

    @property
    def witness(self) -> Witness | None:
        return None

    def met_by(self, view: View) -> Values:
        """The values that meet it, as the view has them."""
        return tuple(view.fields[self.field][place] for place in self._met(view))

    def _met(self, view: View) -> Iterator[int]:
        others = view.folded.get(self.other, ())
        for place, value in enumerate(view.folded.get(self.field, ())):
            if any(_stands(value, self.relation, other) for other in others):
                yield place


def _stands(value: str, relation: Relation, other: str) -> bool:
    match relation:
        case Relation.IS:
            return value == other
        case Relation.STARTS_WITH:
            return value.startswith(other)
        case Relation.ENDS_WITH:
            return value.endswith(other)
        case Relation.CONTAINS:
            return other in value


def union(witnesses: Iterable[Witness | None]) -> Witness | None:
    """What one of several needs: None if one of them needs nothing."""
    found: set[str] = set()
    for witness in witnesses:
        if not witness:
            return None
        found |= witness
    return frozenset(found) or None


def cost(witness: Witness) -> tuple[int, int]:
    """Long literals are rare, and few are found faster."""
    return -min(map(len, witness)), len(witness)
