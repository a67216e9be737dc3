"""Windows: what is kept of a stretch of time to judge it.

Invariant: what happened longer ago than the span counts no more, and what can't change a verdict
isn't kept, so that a window is no larger than its condition. A window that opens with the first
thing in it and is judged at its end never has anything that old: the same code serves both.
Which matches belong together is in groups.py.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Set
from functools import partial
from typing import Final, NamedTuple, Protocol

from tracer.detect.correlation import METRICS, Correlation, Kind

CAUSES: Final = 100
"""So many records are named as those that met a correlation: the last ones."""

Item = int | float | tuple[str | None, ...]
"""What is counted: a record by its sequence, a rule by its number, a value, a number."""


class Entry(NamedTuple):
    """What one record brings. `causes`: sequences of what made it, itself last. `items`: at least
    one; rules of one record are no sequence."""

    time_ns: int
    causes: tuple[int, ...]
    items: tuple[Item, ...]


class Window(Protocol):
    """`size`: how much it keeps, roughly in numbers."""

    size: int

    def add(self, entry: Entry) -> None:
        """What happened next."""

    @property
    def is_met(self) -> bool:
        """Whether what is in it now meets the condition."""

    @property
    def causes(self) -> tuple[int, ...]:
        """Sequences of the records in it that count, ascending."""


class Distinct:
    """Different items: the latest entry of each, and of no more than the last `keep` items."""

    def __init__(self, span_ns: int, keep: int, judge: Callable[[Set[Item]], bool]) -> None:
        self.size = 0
        self._span_ns: Final = span_ns
        self._keep: Final = keep
        self._judge: Final = judge
        self._latest: OrderedDict[Item, Entry] = OrderedDict()

    def add(self, entry: Entry) -> None:
        for item in entry.items:
            self._remove(item)
            self._latest[item] = entry
            self.size += len(entry.causes)
        while len(self._latest) > self._keep or self._oldest_ns < entry.time_ns - self._span_ns:
            self._remove(next(iter(self._latest)))

    @property
    def is_met(self) -> bool:
        return self._judge(self._latest.keys())

    @property
    def causes(self) -> tuple[int, ...]:
        return _causes_of(*self._latest.values())

    @property
    def _oldest_ns(self) -> int:
        return next(iter(self._latest.values())).time_ns

    def _remove(self, item: Item) -> None:
        if entry := self._latest.pop(item, None):
            self.size -= len(entry.causes)


class Ordered:
    """Rules in their order, one record after the other: of all chains of so many rules that end
    with a rule, the one that began last, since it is the last to be too old."""

    def __init__(self, span_ns: int, rules: int, judge: Callable[[int], bool]) -> None:
        self.size = 0
        self._span_ns: Final = span_ns
        self._judge: Final = judge
        self._chains: list[dict[int, tuple[Entry, ...]]] = [{} for _ in range(rules)]

    def add(self, entry: Entry) -> None:
        for rule in sorted((i for i in entry.items if isinstance(i, int)), reverse=True):
            for length, chain in self._before(rule).items():
                self._chains[rule][length + 1] = (*chain, entry)
            self._chains[rule][1] = (entry,)
        self._forget(entry.time_ns - self._span_ns)
        self.size = sum(len(chain) for chains in self._chains for chain in chains.values())

    @property
    def is_met(self) -> bool:
        return self._judge(len(self._longest))

    @property
    def causes(self) -> tuple[int, ...]:
        return _causes_of(*self._longest)

    @property
    def _longest(self) -> tuple[Entry, ...]:
        return max((c for chains in self._chains for c in chains.values()), key=len, default=())

    def _before(self, rule: int) -> dict[int, tuple[Entry, ...]]:
        """The chains that this rule may go on with, by their length."""
        found: dict[int, tuple[Entry, ...]] = {}
        for chains in self._chains[:rule]:
            for length, chain in chains.items():
                if length not in found or chain[0].time_ns > found[length][0].time_ns:
                    found[length] = chain
        return found

    def _forget(self, since_ns: int) -> None:
        for i, chains in enumerate(self._chains):
            self._chains[i] = {n: c for n, c in chains.items() if c[0].time_ns >= since_ns}


class Metric:
    """The sum or the mean of numbers. Only for windows that are judged at their end."""

    def __init__(self, correlation: Correlation) -> None:
        self.size = 0
        self._correlation: Final = correlation
        self._sum = 0.0
        self._count = 0
        self._causes: deque[int] = deque(maxlen=CAUSES)

    def add(self, entry: Entry) -> None:
        numbers = [item for item in entry.items if isinstance(item, int | float)]
        self._sum += sum(numbers)
        self._count += len(numbers)
        self._causes.extend(entry.causes)
        self.size = len(self._causes)

    @property
    def is_met(self) -> bool:
        is_mean = self._correlation.kind is Kind.VALUE_AVG
        return self._correlation.admits(self._sum / self._count if is_mean else self._sum)

    @property
    def causes(self) -> tuple[int, ...]:
        return tuple(sorted(set(self._causes)))


def window_for(correlation: Correlation) -> Window:
    """An empty one, as its kind needs it."""
    span_ns, rules = correlation.span_ns, len(correlation.references)
    if correlation.kind in METRICS:
        return Metric(correlation)
    if correlation.kind is Kind.TEMPORAL_ORDERED:
        return Ordered(span_ns, rules, correlation.admits)
    if correlation.expression:
        return Distinct(span_ns, rules, correlation.expression.test)
    return Distinct(span_ns, correlation.most, partial(_admits_as_many, correlation))


def _causes_of(*entries: Entry) -> tuple[int, ...]:
    """Of entries in any order."""
    return tuple(sorted({cause for entry in entries for cause in entry.causes}))


def _admits_as_many(correlation: Correlation, items: Set[Item]) -> bool:
    return correlation.admits(len(items))
