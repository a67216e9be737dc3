"""Conditions of temporal correlations that are written as text, like `a and (b or not c)`.

Invariant: an expression speaks of the rules of its correlation by their number. It has a limit,
since it is tested again and again; parsing needs time linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Final, NamedTuple, Protocol

_DEPTH: Final = 32
_WORDS: Final = 1000
_TOKEN: Final = re.compile(r"\s*([()]|[^\s()]+)")


class Expression(Protocol):
    """A part of a condition."""

    def test(self, seen: Set[object]) -> bool:
        """Whether it holds where those rules matched."""

    @property
    def is_rising(self) -> bool:
        """Whether it goes on to hold whatever else matches."""


class Seen(NamedTuple):
    """That the rule of this number matched."""

    number: int

    def test(self, seen: Set[object]) -> bool:
        return self.number in seen

    @property
    def is_rising(self) -> bool:
        return True


class All(NamedTuple):
    """Each of them."""

    parts: tuple[Expression, ...]

    def test(self, seen: Set[object]) -> bool:
        return all(part.test(seen) for part in self.parts)

    @property
    def is_rising(self) -> bool:
        return all(part.is_rising for part in self.parts)


class Any(NamedTuple):
    """One of them at least."""

    parts: tuple[Expression, ...]

    def test(self, seen: Set[object]) -> bool:
        return any(part.test(seen) for part in self.parts)

    @property
    def is_rising(self) -> bool:
        return all(part.is_rising for part in self.parts)


class No(NamedTuple):
    """Not that."""

    part: Expression

    def test(self, seen: Set[object]) -> bool:
        return not self.part.test(seen)

    @property
    def is_rising(self) -> bool:
        return False


def is_conjunction(expression: Expression) -> bool:
    """Whether it asks for all of its rules and for nothing else."""
    if isinstance(expression, All):
        return all(map(is_conjunction, expression.parts))
    return isinstance(expression, Seen)


def names_of(text: str) -> tuple[str, ...]:
    """The rules that an expression names, each once, as they come."""
    words = _TOKEN.findall(text)
    return tuple(dict.fromkeys(w for w in words if w.lower() not in ("(", ")", "and", "or", "not")))


def parse(text: str, names: Sequence[str]) -> Expression:
    """`not` binds closer than `and`, and that closer than `or`; in capitals, too. ValueError: what
    isn't understood."""
    words = _TOKEN.findall(text)
    if len(words) > _WORDS:
        raise ValueError(f"its condition has more than {_WORDS} words")
    parser = _Parser(words[::-1], names)
    expression = parser.any(0)
    if parser.words:
        raise ValueError(f"there is {parser.words[-1]!r} where it could end")
    return expression


class _Parser:
    """`words`: what is left to read, backwards."""

    def __init__(self, words: list[str], names: Sequence[str]) -> None:
        self.words = words
        self._names = names

    def any(self, depth: int) -> Expression:
        parts = [self._all(depth)]
        while self._takes("or"):
            parts.append(self._all(depth))
        return Any(tuple(parts)) if len(parts) > 1 else parts[0]

    def _all(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self._takes("and"):
            parts.append(self._one(depth))
        return All(tuple(parts)) if len(parts) > 1 else parts[0]

    def _one(self, depth: int) -> Expression:
        if depth > _DEPTH:
            raise ValueError(f"more than {_DEPTH} stand in each other")
        if self._takes("not"):
            return No(self._one(depth + 1))
        if self._takes("("):
            inner = self.any(depth + 1)
            if not self._takes(")"):
                raise ValueError("a bracket isn't closed")
            return inner
        return self._seen()

    def _seen(self) -> Seen:
        if not self.words:
            raise ValueError("it ends where a rule must be named")
        name = self.words.pop()
        if name not in self._names:
            raise ValueError(f"there is {name!r} where a rule of `rules` must be named")
        return Seen(self._names.index(name))

    def _takes(self, word: str) -> bool:
        if self.words and self.words[-1].lower() == word:
            self.words.pop()
            return True
        return False
