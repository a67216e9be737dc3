"""Groups of a correlation: matches that agree in what it groups by, each with a window of its own.

Invariant: what is kept has a limit; the group that was idle for longest, or the window that opened
first, goes when it is reached, and is counted. Windows that are over take no part in that. A group
that met the condition begins anew: no record counts for two alerts of one group.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice, product
from math import isfinite
from typing import Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.detect.correlation import METRICS, PRESENCES, Correlation, Kind, Reference
from tracer.detect.view import Values, View
from tracer.detect.windows import CAUSES, Entry, Item, Window, window_for

_COMBINATIONS: Final = 64  # of the values of fields, that one record makes
_SHORT: Final = 64  # characters; longer values are told apart by their hash
_SIZE: Final = 8  # of a group, besides its values and its window
_TIMED_SIZE: Final = 128  # of one that keeps its last record, too

Key = tuple[str | None, ...]


class Happening(NamedTuple):
    """A match, or a correlation that was met: `key` of which rule, the sequences of what made it,
    its fields, and the last record of it, which is the last cause, and when that happened."""

    key: str
    causes: tuple[int, ...]
    time_ns: int
    fields: Mapping[str, Values]
    view: View
    event: Fields

    @property
    def sequence(self) -> int:
        """Of its last record."""
        return self.causes[-1]


class Met(NamedTuple):
    """`causes`: that of `last` is the last one. `group`: values by the names of group-by; more than
    one where groups were met at once."""

    causes: tuple[int, ...]
    last: Happening
    group: dict[str, Values]


@dataclass(slots=True)
class _Share:
    """What a record brings to a group, and the values that the group is of."""

    last: Happening
    values: Key
    causes: set[int] = field(default_factory=set)
    items: list[Item] = field(default_factory=list)

    def entry(self, time_ns: int) -> Entry:
        causes = tuple(sorted(self.causes)[-CAUSES:])
        return Entry(time_ns, causes, tuple(dict.fromkeys(self.items)))


@dataclass(slots=True)
class _Group:
    """`until_ns`: when its window is over, or holds nothing any more. `share`: the last one, kept
    where the window is judged at its end."""

    window: Window
    until_ns: int
    share: _Share | None = None


class Groups:
    """`limit`: how much may be kept, roughly in numbers. `evicted` counts groups that had to go,
    by the key of their correlation."""

    def __init__(self, correlation: Correlation, limit: int, evicted: Counter[str]) -> None:
        self.correlation = correlation
        self._numbers: Final = {ref.key: i for i, ref in enumerate(correlation.references)}
        self._is_timed: Final = correlation.is_timed
        self._group_size: Final = len(correlation.group_by) + (
            _TIMED_SIZE if self._is_timed else _SIZE
        )
        self._limit: Final = limit
        self._evicted: Final = evicted
        self._groups: OrderedDict[Key, _Group] = OrderedDict()  # until_ns ascends
        self._size = 0

    def is_about(self, happening: Happening) -> bool:
        """Whether it matters here."""
        return happening.key in self._numbers

    def feed(self, happenings: Iterable[Happening], time_ns: int) -> Met | None:
        """What one record brought, all of it about this. time_ns never goes back, and windows
        that were due before it have ended."""
        if not self._is_timed:
            self._forget_idle(time_ns)
        met = []
        for key, share in self._shares(happenings).items():
            group = self._add(key, share, time_ns)
            if not self._is_timed and group.window.is_met:
                met.append((self._remove(key).window, share))
        self._evict()
        return self._met(met) if met else None

    @property
    def due_ns(self) -> int | None:
        """When the next window ends that is judged then. What happens at that time is in it."""
        if not self._is_timed or not self._groups:
            return None
        return self._first.until_ns

    def end_due(self) -> list[Met]:
        """The windows that end at due_ns and meet the condition; those of which the same record
        was the last are told as one."""
        due_ns = self.due_ns
        met: dict[int, list[tuple[Window, _Share]]] = {}
        while self._groups and self._first.until_ns == due_ns:
            group = self._remove(next(iter(self._groups)))
            if group.share and group.window.is_met:
                met.setdefault(group.share.last.sequence, []).append((group.window, group.share))
        return [self._met(those) for those in met.values()]

    def _shares(self, happenings: Iterable[Happening]) -> dict[Key, _Share]:
        shares: dict[Key, _Share] = {}
        for happening in happenings:
            reference = self.correlation.references[self._numbers[happening.key]]
            if items := self._items(reference, happening):
                for values in _combinations(reference.group_by, happening.fields):
                    share = shares.setdefault(_key(values), _Share(happening, values))
                    share.causes.update(happening.causes)
                    share.items += items
        return shares

    def _items(self, reference: Reference, happening: Happening) -> list[Item]:
        """What is counted of it; nothing, where it doesn't have the field."""
        if self.correlation.kind is Kind.EVENT_COUNT:
            return [happening.sequence]
        if self.correlation.kind in PRESENCES:
            return [self._numbers[reference.key]]
        counted = [v for v in _combinations(reference.counted, happening.fields) if None not in v]
        if self.correlation.kind in METRICS:
            return [number for (value,) in counted if (number := _number(value)) is not None]
        return [_key(values) for values in counted]

    def _add(self, key: Key, share: _Share, time_ns: int) -> _Group:
        until_ns = time_ns + self.correlation.span_ns
        if key not in self._groups:
            self._groups[key] = _Group(window_for(self.correlation), until_ns)
            self._size += self._group_size
        group = self._groups[key]
        if self._is_timed:
            group.share = share
        else:
            group.until_ns = until_ns
            self._groups.move_to_end(key)
        self._size -= group.window.size
        group.window.add(share.entry(time_ns))
        self._size += group.window.size
        return group

    @property
    def _first(self) -> _Group:
        return next(iter(self._groups.values()))

    def _forget_idle(self, time_ns: int) -> None:
        while self._groups and self._first.until_ns < time_ns:
            self._remove(next(iter(self._groups)))

    def _evict(self) -> None:
        while self._size > self._limit:
            self._remove(next(iter(self._groups)))
            self._evicted[self.correlation.about.key] += 1

    def _remove(self, key: Key) -> _Group:
        group = self._groups.pop(key)
        self._size -= self._group_size + group.window.size
        return group

    def _met(self, those: Sequence[tuple[Window, _Share]]) -> Met:
        """Told as the first of them."""
        names = self.correlation.group_by
        values = zip(*(share.values for _, share in those), strict=True)
        known = [tuple(dict.fromkeys(filter(None, those))) for those in values]
        group = {name: found for name, found in zip(names, known, strict=True) if found}
        window, share = those[0]
        last = share.last.sequence
        others = [cause for cause in window.causes if cause != last]
        return Met((*others, last)[-CAUSES:], share.last, group)


def _combinations(names: Iterable[str], fields: Mapping[str, Values]) -> Iterator[Key]:
    """One of the values of each field; None where there is none."""
    return islice(product(*(fields.get(n) or (None,) for n in names)), _COMBINATIONS)


def _key(values: Key) -> Key:
    return tuple(value and _short(value) for value in values)


def _short(value: str) -> str:
    if len(value) <= _SHORT:
        return value
    return blake2b(value.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if isfinite(number) else None
