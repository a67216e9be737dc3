"""What goes on beside the stream while a run records: its workers, and what each of them is for.

Invariant: recording needs none of them; one that fails is started again, and its trouble told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tracer.codec.identity import Fields, known
from tracer.service.alerts import Alerts
from tracer.service.auditing import Auditing
from tracer.service.child import Child
from tracer.service.exchange import Exchanged
from tracer.service.responses import Responses
from tracer.service.sinks import Sinks
from tracer.service.watchers import Watchers
from tracer.settings import Settings


class Parts(NamedTuple):
    """Each does what is due at turn(), and has a `trouble`: why it doesn't do as it should."""

    names: Child
    indexer: Child
    sinks: Sinks
    alerts: Alerts
    responses: Responses
    watchers: Exchanged[Watchers]
    auditing: Exchanged[Auditing]

    def turn(self, now_ns: int) -> None:
        """Hears them, and sees to it that they run. `now_ns`: CLOCK_BOOTTIME."""
        for part in self._all():
            part.turn(now_ns)

    def configure(self, settings: Settings) -> None:
        """Has other settings hold from now on."""
        for part in (self.sinks, self.alerts, self.responses, self.watchers, self.auditing):
            part.configure(settings)

    def ailing(self) -> list[str | None]:
        """The trouble of each, None where there is none."""
        return [part.trouble for part in self._all()]

    def fields(self) -> Fields:
        """What a heartbeat says of them."""
        names, index, sinks, rules, actions, live, _ = self.ailing()
        troubles = known(names=names, index=index, sinks=sinks, live=live)
        return troubles | known(rules=rules, actions=actions) | self.auditing.part.fields()

    def states(self) -> dict[str, Callable[[], object]]:
        """What an operator is told of them."""
        return {
            "sinks": lambda: self.sinks.states,
            "rules": lambda: self.alerts.state,
            "actions": lambda: self.responses.states,
            "live": lambda: self.watchers.part.state,
            "audit": lambda: self.auditing.part.fields().get("audit"),
        }

    def close(self) -> None:
        """Ends all but the worker of names, which is needed up to the last record."""
        exchanged, own = (self.auditing, self.watchers), (self.responses, self.alerts, self.sinks)
        for part in (*exchanged, *own, self.indexer):
            part.close()

    def _all(self) -> tuple[Child | Sinks | Alerts | Responses | Watchers | Auditing, ...]:
        names, index, sinks, alerts, responses, watchers, auditing = self
        return names, index, sinks, alerts, responses, watchers.part, auditing.part
