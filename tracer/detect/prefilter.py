"""Which rules are worth testing on a view: one pass over it finds the literals that they need.

Invariant: no rule that the view meets is left out; one that is offered may still not be met. What
a rule asks for is not looked at, only its witness.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import chain
from typing import Final

import re2  # type: ignore[import-untyped]

from tracer.detect.node import Witness
from tracer.detect.rule import Rule
from tracer.detect.view import View

_MEMORY_BYTES: Final = 64 << 20
_LITERAL_BYTES: Final = 128 << 10  # an automaton of so many fits into that memory, however short
_MOST_LITERALS: Final = 256  # of one rule: a long list slows the pass more than it saves


class Prefilter:
    """For the views of one log source; `rules` are those that are for it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules: Final = tuple(rules)
        literals = _Literals()
        unsure = [
            number
            for number, rule in enumerate(rules)
            if not literals.add(number, rule.node.witness)
        ]
        self._always: Final = frozenset(unsure)
        self._unless_found: Final = [rules[number] for number in unsure]
        self._users: Final = tuple(literals.users.values())
        self._set: Final = _compiled(literals.users)

    def candidates(self, view: View) -> list[Rule]:
        """In the order of the rules."""
        found = self._set.Match(_scanned(view)) if self._set else None
        if not found:
            return self._unless_found
        numbers = self._always.union(*(self._users[literal] for literal in found))
        return [self._rules[number] for number in sorted(numbers)]


class _Literals:
    """Each literal, as it is looked for, with the numbers of the rules that need it."""

    def __init__(self) -> None:
        self.users: Final[dict[bytes, list[int]]] = defaultdict(list)
        self._bytes = 0

    def add(self, number: int, witness: Witness | None) -> bool:
        """Whether looking for them can rule the rule out."""
        if not witness or len(witness) > _MOST_LITERALS:
            return False
        literals = {_folded(literal) for literal in witness}
        more = sum(map(len, literals - self.users.keys()))
        if self._bytes + more > _LITERAL_BYTES:
            return False
        self._bytes += more
        for literal in literals:
            self.users[literal].append(number)
        return True


def _compiled(literals: Collection[bytes]) -> re2.Set | None:
    if not literals:
        return None
    options = re2.Options()
    options.literal = True
    options.encoding = options.Encoding.LATIN1  # bytes: in UTF-8 they are found as characters are
    options.max_mem = _MEMORY_BYTES
    options.log_errors = False
    found = re2.Set.SearchSet(options)
    for literal in literals:
        found.Add(literal)
    found.Compile()
    return found


def _scanned(view: View) -> bytes:
    return _folded("\n".join((view.text, *chain.from_iterable(view.fields.values()))))


def _folded(text: str) -> bytes:
    """What is equal in lower case is equal here. So is a sigma, whose lower case depends on what
    stands around it, and a long s, which RE2 takes for an s where case doesn't matter."""
    return text.casefold().encode("utf-8", "surrogatepass")
