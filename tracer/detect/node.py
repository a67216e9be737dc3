"""Conditions: what a rule asks of a view, as a tree that can be evaluated and explained.

Invariant: test() raises nothing and needs time linear in what the view holds. A witness is
necessary: a view that has none of its literals can't be met.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from tracer.detect.view import View

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
        return min((w for node in self.nodes if (w := node.witness)), key=_cost, default=None)


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


def union(witnesses: Iterable[Witness | None]) -> Witness | None:
    """What one of several needs: None if one of them needs nothing."""
    found: set[str] = set()
    for witness in witnesses:
        if not witness:
            return None
        found |= witness
    return frozenset(found) or None


def _cost(witness: Witness) -> tuple[int, int]:
    """Long literals are rare, and few are found faster."""
    return -min(map(len, witness)), len(witness)
