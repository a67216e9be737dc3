"""The stream: every stage in its order, and the loop that moves it.

    source ─► decode ─► order ─► attribute ─► correlate ─► redact ─► sinks
                              observe ──facts──┘

Invariant: this is the only file that names every stage; one turn is one drain, and what a turn
took from the kernel has left for the sinks, or is held by a stage, when the turn is over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final, Protocol

from tracer.attribute.stage import Attributor
from tracer.correlate.servers import Ask
from tracer.correlate.stage import Correlator
from tracer.decode.order import Order, Tally
from tracer.decode.own import Own
from tracer.decode.records import decode
from tracer.model.events import ClientShown, Exec, Fork, PaneOutput, ProcessKey, Record, ServerFound
from tracer.model.facts import CgroupSeen, Fact, PaneToAsk
from tracer.model.findings import Finding, Lost
from tracer.model.stage import Drain, Sink, Skipped, Source
from tracer.redact.stage import Redactor

_SECOND_NS: Final = 1_000_000_000
_END_NS: Final = 10 * _SECOND_NS  # longer than attribute/ holds anything


class World(Protocol):
    """What observe/ answers; a recorded run has none."""

    def adopt(self, server_tgid: int) -> list[Fact]:
        """Follows a server and all that descends from it."""

    def ask(self, server_tgids: Iterable[int]) -> None:
        """Asks servers what they are; answers come as facts."""

    def ask_panes(self, panes: Iterable[PaneToAsk]) -> None:
        """Asks servers what these panes show; answers come as facts."""

    def facts(self) -> list[Fact]:
        """Answers that have come."""

    def container(self, cgroup_id: int, tgid: int) -> CgroupSeen | None:
        """The container of a cgroup that a process is in; None if that has gone."""

    def look_at_peers(self, keys: Iterable[ProcessKey]) -> None:
        """Finds out how the users of these processes came; answers come as facts."""

    def ignore(self, server_tgids: set[int]) -> None:
        """Reads nothing more of these."""

    def forget(self, live: set[int]) -> None:
        """Drops what is remembered of servers that aren't live."""


class Pipeline:
    """One source, the stages, and the sinks."""

    def __init__(
        self, source: Source, sinks: Sequence[Sink], redactor: Redactor, world: World | None = None
    ) -> None:
        self._source = source
        self._sinks = sinks
        self._redactor = redactor
        self._world = world
        self._order = Order(source.cpus)
        self._own = Own(os.getpid())
        self._attributor = Attributor()
        self._correlator = Correlator()
        self._now_ns = self._second_ns = 0

    def learn(self, facts: list[Fact], now_ns: int) -> None:
        """Facts that were found before the first turn."""
        self._send(self._learn(facts, now_ns))

    def tallies(self) -> dict[int, Tally]:
        """What the kernel half made, and what came of it, by kind of record."""
        return self._order.tallies()

    def compared(self) -> dict[str, int]:
        """How the audit stream and the kernel half agree about programs, where both are heard."""
        return dict(self._correlator.audited.witness.tallies)

    @property
    def servers(self) -> set[int]:
        """The servers that are recorded."""
        return set(self._correlator.servers) - self._correlator.ignored

    def turn(self) -> bool:
        """Moves all that waits. False when the source has ended."""
        drain = self._source.drain()
        if drain is None:
            return False
        now_ns = self._now_ns = drain.began_ns
        records = self._records(drain)
        findings = self._learn(self._facts_for(records), now_ns)
        findings += self._correlator.feed(self._attributor.feed(records, now_ns), now_ns)
        findings += self._correlator.tick(now_ns)
        if self._correlator.wants_tty_states(now_ns):
            self._correlator.account(self._source.tty_states())
        if now_ns - self._second_ns >= _SECOND_NS:
            self._second_ns = now_ns
            findings += [_lost(skip, now_ns) for skip in self._source.skipped()]
            self._look_around()
        self._put_questions()
        self._send(findings)
        return True

    def finish(self) -> None:
        """Sends all that is left or held, and tells what never came. The source is closed then."""
        self._source.stop()
        self.turn()
        late_ns = self._now_ns + _END_NS
        last = self._attributor.feed(self._own.without(self._order.flush()), late_ns)
        findings = self._correlator.feed(last, self._now_ns)
        findings += self._correlator.settle(self._source.tty_states(), self._now_ns)
        findings += [_lost(skip, self._now_ns) for skip in self._source.skipped()]
        self._source.close()
        self._send(findings + self._correlator.flush())

    def _learn(self, facts: list[Fact], now_ns: int) -> list[Finding]:
        self._attributor.learn(facts)
        return self._correlator.learn(facts, now_ns)

    def _records(self, drain: Drain) -> list[Record]:
        arrivals = chain.from_iterable(decode(batch.data, batch.spans) for batch in drain.batches)
        return self._own.without(self._order.feed(arrivals, drain.produced, drain.began_ns))

    def _facts_for(self, records: list[Record]) -> list[Fact]:
        if self._world is None:
            return []
        facts = self._world.facts()
        new_cgroups: dict[int, int] = {}
        for record in records:
            if type(record) in (PaneOutput, ClientShown):  # nearly all
                continue
            if isinstance(record, ServerFound):
                facts += self._world.adopt(record.key.tgid)
            if isinstance(record, Exec | Fork):
                cgroup = record.who.cgroup_id
                if not self._correlator.knows_cgroup(cgroup):
                    new_cgroups[cgroup] = record.key.tgid
        containers = (self._world.container(*pair) for pair in new_cgroups.items())
        return facts + [fact for fact in containers if fact is not None]

    def _look_around(self) -> None:
        if self._world is None:
            return
        self._world.forget(set(self._correlator.servers))
        self._world.ignore(self._correlator.ignored)

    def _put_questions(self) -> None:
        asks: list[Ask] = self._correlator.asks()
        origins = self._correlator.wants_origins()
        panes = self._correlator.panes_to_ask(self._now_ns)
        if self._world is not None:
            self._world.look_at_peers(origins)
            self._world.ask(ask.server.tgid for ask in asks)
            self._world.ask_panes(panes)

    def _send(self, findings: list[Finding]) -> None:
        redacted = self._redactor.feed(findings)
        for sink in self._sinks:
            sink.write(redacted)


def _lost(skip: Skipped, now_ns: int) -> Lost:
    return Lost(now_ns, skip.kind, skip.reason, skip.runs, None, None, None, None)
