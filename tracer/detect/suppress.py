"""Alerts that say the same again and again become one with a count.

Invariant: every match is told, as an alert or in the `repeated` of one; what there is no room to
wait for is told at once. An alert is the same as another if its rule, the persons and the pane are,
by the kernel's word.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from tracer.codec.identity import Fields
from tracer.detect.alerts import Alert
from tracer.detect.shape import part, parts, value_of

_CAUSES: Final = 100
_WAITING: Final = 1024  # alerts; each keeps a record
_ACTORS: Final = (
    ("tmux", "submitted_by"),
    ("tmux", "injected_by"),
    ("tmux", "traced_by"),
    ("tmux", "client"),
    ("ttytrace", "log", "by"),
    ("ttytrace", "log", "sender"),
)


@dataclass(slots=True)
class _Waiting:
    """`until_ns`: until then, others like the first one wait. `last` tells of all that do."""

    until_ns: int
    last: Alert | None = None

    def add(self, alert: Alert) -> None:
        before = self.last
        if before:
            causes = (*before.causes, *alert.causes)[-_CAUSES:]
            alert = alert._replace(causes=causes, repeated=before.repeated + 1)
        self.last = alert


class Suppressor:
    """One alert of a rule, of one person in one pane, is told at once; more of them within
    `repeat_s` seconds are told as one when that time is over. 0: each is told at once."""

    def __init__(self, repeat_s: int) -> None:
        self._repeat_ns: Final = repeat_s * 1_000_000_000
        self._time_ns = 0
        self._waiting: OrderedDict[tuple[object, ...], _Waiting] = OrderedDict()  # until_ns ascends

    def feed(self, alert: Alert) -> list[Alert]:
        """What is to be told now; what waits for longer than it may comes first."""
        if not self._repeat_ns:
            return [alert]
        told = self.tick(alert.time_ns)
        key = _key(alert)
        if waiting := self._waiting.get(key):
            waiting.add(alert)
            return told
        self._waiting[key] = _Waiting(self._time_ns + self._repeat_ns)
        return [*told, *self._end(len(self._waiting) - _WAITING), alert]

    def tick(self, time_ns: int) -> list[Alert]:
        """It is so late now, by a record."""
        self._time_ns = max(self._time_ns, time_ns)
        waiting = self._waiting.values()
        return self._end(sum(1 for _ in takewhile(lambda w: w.until_ns < self._time_ns, waiting)))

    def flush(self) -> list[Alert]:
        """All that waits: nothing follows."""
        return self._end(len(self._waiting))

    def _end(self, count: int) -> list[Alert]:
        """Those that wait for longest."""
        ended = [self._waiting.popitem(last=False)[1].last for _ in range(count)]
        return [alert for alert in ended if alert]


def _key(alert: Alert) -> tuple[object, ...]:
    """Which alerts say the same. Where no person is known, it is the user of the process."""
    event = alert.event
    actors = [person for path in _ACTORS if (person := part(event, *path))]
    persons = [*actors, *parts(part(event, "tmux"), "typed_by")] or [event]
    server, pane = part(event, "tmux", "server"), part(event, "tmux", "pane")
    who = frozenset(map(_identity, persons))
    return alert.about.key, who, value_of(server.get("pid")), value_of(pane.get("pid"))


def _identity(person: Fields) -> tuple[str | None, ...]:
    """The user, who logged in, and from where."""
    user, source = part(person, "user"), part(person, "source")
    known = (user.get("id"), person.get("loginuid"), source.get("ip"))
    return tuple(map(value_of, known))
