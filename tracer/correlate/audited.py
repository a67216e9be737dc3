"""What the kernel's audit stream adds to what the kernel half tells: logins, and a second witness.

Invariant: everything here is told beside the stream, never instead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Final

from tracer.correlate.logins import Logins
from tracer.correlate.procs import ProcessTable
from tracer.correlate.witness import Difference, Witness
from tracer.model.audit import (
    AuditBegan,
    AuditConfig,
    AuditExec,
    AuditInput,
    AuditLogin,
    AuditLost,
)
from tracer.model.context import Place
from tracer.model.events import Tty
from tracer.model.facts import Fact
from tracer.model.findings import AuditChanged, Finding, Lost, TextInput, TypedBy
from tracer.model.hands import Confidence, How

_BY_NOBODY: Final = "audit doesn't tell who typed"
_MAX_TTYS: Final = 4096

PlaceOf = Callable[[int, int | None], Place]


class Audited:
    """`place_of` names the pane of a server by its first process; `servers` are those that are
    recorded."""

    def __init__(self, processes: ProcessTable, place_of: PlaceOf, servers: Container[int]) -> None:
        self._processes = processes
        self._place_of = place_of
        self._offsets: dict[tuple[int, Tty], int] = {}
        self.witness = Witness(processes, servers)
        self.logins = Logins()

    def learn(self, fact: Fact) -> Sequence[Finding]:
        """What the audit stream says; other facts are nothing."""
        match fact:
            case AuditBegan():
                self.witness.begin(fact.time_ns)
            case AuditExec():
                self.witness.hear(fact)
            case AuditLogin():
                return self.logins.hear(fact)
            case AuditInput():
                return self._input(fact)
            case AuditConfig():
                return [AuditChanged(fact.time_ns, fact.what, fact.loginuid, fact.audit_session)]
            case AuditLost():
                lost = Lost(fact.time_ns, "audit", fact.reason, fact.records, *[None] * 4)
                return [lost]
        return ()

    def tick(self, now_ns: int) -> list[Finding]:
        """Programs that the two don't agree about."""
        differences = self.witness.tick(now_ns)
        return [self._lost(each) for each in differences]

    def _lost(self, difference: Difference) -> Lost:
        time_ns, under, reason = difference
        place = self._place_of(under.server_tgid, under.pane_tgid)
        return Lost(time_ns, "exec", reason, 1, None, place, None, None)

    def _input(self, seen: AuditInput) -> Sequence[Finding]:
        process = self._processes.get(seen.pid)
        if process is None or process.who is None or not process.who.pane_tgid:
            return ()  # not in a pane, or a server that reads from its clients
        pane = process.who.pane_tgid, seen.tty
        offset = self._offsets.pop(pane, 0)
        self._offsets[pane] = offset + seen.size
        if len(self._offsets) > _MAX_TTYS:
            del self._offsets[next(iter(self._offsets))]
        place = self._place_of(process.who.server_tgid, process.who.pane_tgid)
        nobody = TypedBy(0, seen.size, None, How.UNKNOWN, Confidence.NONE, _BY_NOBODY)
        typed = TextInput(
            seen.time_ns, seen.time_ns, process, place, seen.tty, offset, seen.size, None,
            "audit", (nobody,),
        )  # fmt: skip
        return [typed]
