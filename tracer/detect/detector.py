"""Records in, alerts out: views, rules, correlations and what repeats, put together.

Invariant: the same records give the same alerts, whenever they are fed: no clock but theirs decides
anything, and it never goes back. Which rules are wanted is decided before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.codec.identity import Fields
from tracer.codec.moment import wall_ns
from tracer.detect.alerts import Alert
from tracer.detect.correlator import Correlated, Correlator
from tracer.detect.engine import Engine, EngineStats, Match, RuleDisabled
from tracer.detect.explain import matched
from tracer.detect.load import RuleSet
from tracer.detect.shape import part
from tracer.detect.suppress import Suppressor
from tracer.detect.view import TTY_OUTPUT
from tracer.detect.views import Views


class Detector:
    """`views`: what is known from earlier records. `repeat_s`: see RuleSettings."""

    def __init__(self, rules: RuleSet, views: Views, repeat_s: int) -> None:
        self._views: Final = views
        self._engine: Final = Engine(rules.rules)
        self._correlator: Final = Correlator(rules.correlations)
        self._suppressor: Final = Suppressor(repeat_s)
        self._clock: Final = _Clock()
        self._look_for(rules)

    def feed(self, sequence: int, event: Fields) -> list[Alert]:
        """The next record of the log, whatever it holds -> what is to be told now."""
        told = self._suppressor.tick(self._clock.take(event))
        for alert in self._found(sequence, event):
            told += self._suppressor.feed(alert)
        return told

    def flush(self) -> list[Alert]:
        """What waits for repetitions: no record follows."""
        return self._suppressor.flush()

    def replace(self, rules: RuleSet) -> None:
        """Other rules from now on; what was seen so far still counts for those whose text is the
        same."""
        self._engine.replace(rules.rules)
        self._correlator.replace(rules.correlations)
        self._look_for(rules)

    def take_troubles(self) -> list[RuleDisabled]:
        """The rules that were disabled since this was called last."""
        return self._engine.take_troubles()

    def take_evicted(self) -> dict[str, int]:
        """How many groups each correlation forgot before their time, by its key, since this was
        called last."""
        return self._correlator.take_evicted()

    def stats(self) -> EngineStats:
        """Counts, since this began."""
        return self._engine.stats

    def _look_for(self, rules: RuleSet) -> None:
        self._views.want_output(any(rule.source.covers(TTY_OUTPUT) for rule in rules.rules))

    def _found(self, sequence: int, event: Fields) -> Iterable[Alert]:
        views, now_ns = self._views.feed(event), self._clock.now_ns
        matches = self._engine.feed(sequence, now_ns, event, views)
        if not matches:
            yield from map(_of_several, self._correlator.tick(now_ns))
            return
        yield from (_of_one(match) for match in matches if not match.rule.is_silent)
        yield from map(_of_several, self._correlator.feed(matches, now_ns))


class _Clock:
    """The time of records, which never goes back. Nor does it stand still until the host's clock,
    where that was set back, is where it was: rules would wait for that long."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._ahead_ns = 0
        self._back_ns = 0  # so far it was set back, and no record has shown it yet

    def take(self, event: Fields) -> int:
        """What it is by the next record."""
        if part(event, "event").get("action") == "clock":
            self._back_ns = -_ns_of(part(event, "ttytrace", "log").get("seconds"))
        time_ns = _time_ns(event)
        if time_ns and 0 < self._back_ns < 2 * (self.now_ns - self._ahead_ns - time_ns):
            self._ahead_ns, self._back_ns = self.now_ns - time_ns, 0
        self.now_ns = max(self.now_ns, time_ns + self._ahead_ns)
        return self.now_ns


def _ns_of(seconds: object) -> int:
    return round(seconds * 1e9) if isinstance(seconds, float | int) else 0


def _of_one(match: Match) -> Alert:
    fields = matched(match.rule, match.view)
    is_cut = match.view.is_cut
    return Alert(
        match.rule.about,
        (match.sequence,),
        _time_ns(match.event) or match.time_ns,
        match.event,
        fields,
        is_cut=is_cut,
    )


def _of_several(found: Correlated) -> Alert:
    about, is_cut = found.correlation.about, found.view.is_cut
    ended_ns = found.met_ns if found.met_ns != found.time_ns else 0
    return Alert(
        about,
        found.causes,
        _time_ns(found.event) or found.time_ns,
        found.event,
        found.group,
        is_cut=is_cut,
        ended_ns=ended_ns,
    )


def _time_ns(event: Fields) -> int:
    """0 where a record doesn't say when: it is as late as the one before."""
    moment = event.get("@timestamp")
    try:
        return wall_ns(moment) if isinstance(moment, str) else 0
    except ValueError:
        return 0
