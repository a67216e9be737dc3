"""Correlations in time: matches of rules in, what they add up to out.

Invariant: driven by the times of records alone, so that the same records give the same; what a
correlation is met by is fed to those that refer to it at that time, before anything later is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.detect.correlation import Correlation
from tracer.detect.engine import Match
from tracer.detect.groups import Groups, Happening, Met
from tracer.detect.view import Values, View


class Correlated(NamedTuple):
    """`causes`: sequences of the last 100 records that made it; `view`, `event`: of the last one;
    `time_ns`: when that happened. `met_ns`: when this became true, which for a window that had to
    end is its end. `group`: what it is about, by the names of group-by."""

    correlation: Correlation
    causes: tuple[int, ...]
    view: View
    time_ns: int
    event: Fields
    group: dict[str, Values]
    met_ns: int


class Correlator:
    """`correlations`: each stands behind those that it refers to, as compile_correlations has it.
    `limit`: how much each of them may keep, roughly in numbers; the least group counts as 8, and
    as 128 where it must keep a record."""

    def __init__(self, correlations: Iterable[Correlation], limit: int = 100_000) -> None:
        self._limit: Final = limit
        self._evicted: Counter[str] = Counter()
        self._groups: list[Groups] = []
        self._timed: list[Groups] = []
        self._referred: frozenset[str] = frozenset()
        self.replace(correlations)

    def replace(self, correlations: Iterable[Correlation]) -> None:
        """Other correlations from now on; those of a version that was there go on."""
        old = {_identity(groups.correlation): groups for groups in self._groups}
        self._groups = [self._groups_of(c, old.get(_identity(c))) for c in correlations]
        self._timed = [groups for groups in self._groups if groups.correlation.is_timed]
        self._referred = frozenset(r.key for g in self._groups for r in g.correlation.references)

    def feed(self, matches: Sequence[Match], time_ns: int) -> list[Correlated]:
        """The matches of one record, silent rules' too -> what alerts: silent ones are left out.
        Windows that were over before it come first."""
        told = self._end_due(time_ns)
        mine = [_of_match(m) for m in matches if m.rule.about.key in self._referred]
        return _loud(told + self._spread(mine, time_ns) if mine else told)

    def tick(self, time_ns: int) -> list[Correlated]:
        """It is so late now, by a record that nothing matched."""
        return _loud(self._end_due(time_ns))

    def take_evicted(self) -> dict[str, int]:
        """Groups that were forgotten before their time, by the correlation's key, since it was
        asked last."""
        evicted = dict(self._evicted)
        self._evicted.clear()
        return evicted

    def _groups_of(self, correlation: Correlation, old: Groups | None) -> Groups:
        if old is None:
            return Groups(correlation, self._limit, self._evicted)
        old.correlation = correlation  # its place in the file, or who uses it, may be another
        return old

    def _end_due(self, time_ns: int) -> list[Correlated]:
        told = []
        while (groups := self._next_due()) and (due_ns := groups.due_ns or 0) < time_ns:
            for met in groups.end_due():
                correlated = _correlated(groups, met, due_ns)
                told += [correlated, *self._spread([_of_correlated(correlated)], due_ns)]
        return told

    def _next_due(self) -> Groups | None:
        due = [groups for groups in self._timed if groups.due_ns is not None]
        return min(due, key=lambda groups: groups.due_ns or 0, default=None)

    def _spread(self, happenings: list[Happening], time_ns: int) -> list[Correlated]:
        """To all that refer to them, and to what refers to those."""
        told = []
        for groups in self._groups:
            mine = list(filter(groups.is_about, happenings))
            if mine and (met := groups.feed(mine, time_ns)):
                told.append(_correlated(groups, met, time_ns))
                happenings.append(_of_correlated(told[-1]))
        return told


def _loud(told: list[Correlated]) -> list[Correlated]:
    return [correlated for correlated in told if not correlated.correlation.is_silent]


def _identity(correlation: Correlation) -> tuple[str, str]:
    return correlation.about.key, correlation.about.version


def _of_match(match: Match) -> Happening:
    key, view = match.rule.about.key, match.view
    return Happening(key, (match.sequence,), match.time_ns, view.fields, view, match.event)


def _correlated(groups: Groups, met: Met, met_ns: int) -> Correlated:
    correlation, last = groups.correlation, met.last
    return Correlated(
        correlation, met.causes, last.view, last.time_ns, last.event, met.group, met_ns
    )


def _of_correlated(met: Correlated) -> Happening:
    """Its fields are those of its last record, and what it was grouped by."""
    fields = {**met.view.fields, **met.group}
    key = met.correlation.about.key
    return Happening(key, met.causes, met.time_ns, fields, met.view, met.event)
