"""Rules on records, one record after the other.

Invariant: a rule that throws, or takes more time than it may, is disabled and told once; the others
go on. What a rule costs is measured test by test, and quick ones never add up: a rule is not
disabled because much happens. Correlations are not here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.detect.prefilter import Prefilter
from tracer.detect.rule import Rule
from tracer.detect.view import SOURCES, View

_QUICK_NS: Final = 1_000_000  # what a test may take, again and again
_BUDGET_NS: Final = 1_000_000_000  # what slower ones may take beyond that
_ONCE_NS: Final = _BUDGET_NS // 4  # so much of one test counts: the machine may have slept in it
_REASON_CHARACTERS: Final = 200


class Match(NamedTuple):
    """A rule, and the view that met it. `time_ns`: wall clock, never before that of an earlier
    match."""

    rule: Rule
    view: View
    sequence: int
    time_ns: int
    event: Fields


class RuleDisabled(NamedTuple):
    """`key` as About has it. `reason`: for people; it may hold what was captured."""

    key: str
    reason: str


@dataclass(slots=True)
class EngineStats:
    """What was done so far. `tests`: of a rule on a view, which the prefilter left to do.
    `disabled`: rules that are now."""

    events: int = 0
    views: int = 0
    tests: int = 0
    matches: int = 0
    disabled: int = 0


class Engine:
    """Tests rules, no two with one key, on the views of records. `now_ns`: any clock, to measure
    how long a test takes."""

    def __init__(
        self, rules: Sequence[Rule], now_ns: Callable[[], int] = time.perf_counter_ns
    ) -> None:
        self.stats: Final = EngineStats()
        self._now_ns: Final = now_ns
        self._versions: dict[str, str] = {}
        self._owed_ns: dict[str, int] = {}
        self._disabled: set[str] = set()
        self._troubles: list[RuleDisabled] = []
        self.replace(rules)

    def replace(self, rules: Sequence[Rule]) -> None:
        """Other rules from now on; one that is disabled stays so until its text changes."""
        versions = {rule.about.key: rule.about.version for rule in rules}
        for key in dict(self._versions.items() - versions.items()):
            self._owed_ns.pop(key, None)
            self._disabled.discard(key)
        self.stats.disabled = len(self._disabled)
        self._versions = versions
        self._prefilters = {
            source: Prefilter([rule for rule in rules if rule.source.covers(source)])
            for source in SOURCES
        }

    def feed(
        self, sequence: int, time_ns: int, event: Fields, views: Sequence[View]
    ) -> list[Match]:
        """The rules that a record meets: each once, by the first of its views that does."""
        met: dict[str, Match] = {}
        for view in views:
            candidates = self._prefilters[view.source].candidates(view)
            self.stats.tests += len(candidates)
            for rule in candidates:
                key = rule.about.key
                if key not in met and key not in self._disabled and self._is_met(rule, view):
                    met[key] = Match(rule, view, sequence, time_ns, event)
        self.stats.events += 1
        self.stats.views += len(views)
        self.stats.matches += len(met)
        return list(met.values())

    def take_troubles(self) -> list[RuleDisabled]:
        """The rules that were disabled since this was called last."""
        troubles, self._troubles = self._troubles, []
        return troubles

    def _is_met(self, rule: Rule, view: View) -> bool:
        before_ns = self._now_ns()
        try:
            is_met = rule.node.test(view)
        except Exception as error:  # noqa: BLE001 - a door: one rule must not end all others
            self._disable(rule, f"{type(error).__name__}: {error}"[:_REASON_CHARACTERS])
            return False
        took_ns = self._now_ns() - before_ns
        if took_ns > _QUICK_NS or rule.about.key in self._owed_ns:
            self._account(rule, took_ns)
        return is_met

    def _account(self, rule: Rule, took_ns: int) -> None:
        key = rule.about.key
        owed_ns = self._owed_ns.get(key, 0) + min(took_ns, _ONCE_NS) - _QUICK_NS
        if owed_ns > _BUDGET_NS:
            self._disable(rule, f"it is too slow: the last test took {took_ns // 1_000_000} ms")
        elif owed_ns > 0:
            self._owed_ns[key] = owed_ns
        else:
            self._owed_ns.pop(key, None)

    def _disable(self, rule: Rule, reason: str) -> None:
        self._disabled.add(rule.about.key)
        self.stats.disabled = len(self._disabled)
        self._troubles.append(RuleDisabled(rule.about.key, reason))
