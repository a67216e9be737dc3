"""What a regular expression needs: literals, one of which stands in all that it matches.

Invariant: a witness is necessary, as of a node; whatever is not sure needs nothing. Only the syntax
that rules have is known here: at anything else of RE2's, it gives up.
"""

from __future__ import annotations

import re
from typing import Final

from tracer.detect.node import Witness, cost, union

_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{(?P<least>\d+)(?:,\d*)?\})\??")
_ATOM: Final = re.compile(
    r"""(?P<literal>[^\\.\[\](){}*+?|^$]|\\[^A-Za-z0-9])
    |(?P<other>[.^$]|\\[dDwWsSbBAz]|\[\^?\]?(?:[^\[\]\\]|\\[^pPQ])*\])
    |(?P<group>\((?:\?:|(?!\?)))""",
    re.VERBOSE,
)


def needed(pattern: str) -> Witness | None:
    """None: nothing, as far as known. Flags make no difference: case doesn't matter here."""
    parser = _Parser(pattern)
    try:
        witness = parser.alternatives()
    except ValueError:
        return None
    return witness if parser.is_done else None


class _Parser:
    """ValueError: what stands there isn't known. What is too deep can't be compiled either."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0

    @property
    def is_done(self) -> bool:
        return self._place == len(self._pattern)

    def alternatives(self) -> Witness | None:
        """Up to the end, or to a bracket."""
        branches = [self._branch()]
        while self._pattern.startswith("|", self._place):
            self._place += 1
            branches.append(self._branch())
        return union(branches)

    def _branch(self) -> Witness | None:
        found: list[Witness] = []
        run = ""
        while not self.is_done and self._pattern[self._place] not in "|)":
            literal, witness = self._atom()
            least, is_once = self._quantifier()
            run += literal if least else ""
            if witness and least:
                found.append(witness)
            if not (literal and is_once):
                found += [frozenset({run.lower()})] if run else []
                run = ""
        found += [frozenset({run.lower()})] if run else []
        return min(found, key=cost, default=None)

    def _atom(self) -> tuple[str, Witness | None]:
        """A literal character, or what something else needs."""
        atom = _ATOM.match(self._pattern, self._place)
        if atom is None:
            raise ValueError("unknown")
        self._place = atom.end()
        if atom["literal"]:
            return atom["literal"][-1], None
        return "", self._group() if atom["group"] else None

    def _group(self) -> Witness | None:
        witness = self.alternatives()
        if not self._pattern.startswith(")", self._place):
            raise ValueError("unknown")
        self._place += 1
        return witness

    def _quantifier(self) -> tuple[bool, bool]:
        """Whether what stands before it is there at least once, and exactly once."""
        quantifier = _QUANTIFIER.match(self._pattern, self._place)
        if quantifier is None:
            return True, True
        self._place = quantifier.end()
        return quantifier[0][0] == "+" or int(quantifier["least"] or 0) > 0, False
