"""Correlations: rules about several matches of other rules, as they are once they were read.

Invariant: a Correlation refers to rules by their keys and can be judged in bounded memory; what
can't be is a Refusal (correlation_compile.py). What happens in time is in correlator.py.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from tracer.detect.expression import Expression
from tracer.detect.rule import About

Number = int | float

COMPARISONS: Final[dict[str, Callable[[Number, Number], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}


class Kind(StrEnum):
    """What of the matches is judged."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"
    VALUE_SUM = "value_sum"
    VALUE_AVG = "value_avg"


PRESENCES: Final = (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)
"""Those that count which of their rules matched."""

METRICS: Final = (Kind.VALUE_SUM, Kind.VALUE_AVG)
"""Those that make a number of numbers."""


class Bound(NamedTuple):
    """A comparison of COMPARISONS, and what the number is held against."""

    comparison: str
    number: Number

    def admits(self, number: Number) -> bool:
        """Whether a number meets it."""
        return COMPARISONS[self.comparison](number, self.number)


class Reference(NamedTuple):
    """A rule or correlation that is referred to, by its key. `group_by`: the fields of its matches
    that hold what the correlation groups by; `counted`: those whose values are counted."""

    key: str
    group_by: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correlation:
    """`group_by`: the names of what groups are told apart by; each reference says which fields
    that is. `bounds`: all must admit the number; `expression` stands in their place.
    `version` of its About: of its text and of all that it refers to. `generates`: the rules that
    it refers to alert by themselves, too. `is_silent`: only other correlations use it."""

    about: About
    kind: Kind
    references: tuple[Reference, ...]
    group_by: tuple[str, ...]
    span_ns: int
    bounds: tuple[Bound, ...] = ()
    expression: Expression | None = None
    generates: bool = False
    is_silent: bool = False

    @property
    def is_timed(self) -> bool:
        """Whether only the end of a window decides: more of the same could change the verdict."""
        if self.kind in METRICS:
            return True
        if self.expression:
            return not self.expression.is_rising
        return any(bound.comparison not in ("gt", "gte") for bound in self.bounds)

    @property
    def least(self) -> int:
        """The smallest number of what it counts that all bounds from below admit, at least 1."""
        above = (math.floor(b.number) + 1 for b in self.bounds if b.comparison == "gt")
        from_ = (math.ceil(b.number) for b in self.bounds if b.comparison == "gte")
        return max(1, *above, *from_)

    @property
    def most(self) -> int:
        """Whoever counted so far knows the verdict: no greater number has another one."""
        return max([1, *(math.floor(bound.number) + 1 for bound in self.bounds)])

    def admits(self, number: Number) -> bool:
        """Whether a number of what it counts meets its bounds."""
        return all(bound.admits(number) for bound in self.bounds)


def silenced(correlations: Iterable[Correlation]) -> frozenset[str]:
    """The keys of the rules and correlations that don't alert by themselves, as Sigma has it: one
    correlation that doesn't generate them is enough."""
    return frozenset(r.key for c in correlations if not c.generates for r in c.references)
