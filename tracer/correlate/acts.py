"""What people do to panes: they type, inject, trace, and submit commands.

Invariant: each act names a person that the kernel knows, or none. Findings leave in the order of
the records; what goes on (a run of keys, a run of injected bytes) leaves when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tracer.correlate.inputs import Inputs
from tracer.correlate.people import People
from tracer.correlate.procs import ProcessTable
from tracer.model import abi
from tracer.model.context import Command, Person, Place
from tracer.model.events import Injection, ProcessKey, Traced
from tracer.model.findings import Finding, InputInjected, ProcessTraced
from tracer.model.hands import Composed, Confidence, Hand, How, Range, Typed

RUN_NS: Final = 1_000_000_000
_TIOCSTI: Final = 0x5412  # include/uapi/asm-generic/ioctls.h
_WAYS: Final = {_TIOCSTI: "tiocsti", 0x541C: "tioclinux", abi.INJECT_MASTER: "foreign-master"}
# include/uapi/linux/ptrace.h
_REQUESTS: Final = {
    4: "PTRACE_POKETEXT",
    5: "PTRACE_POKEDATA",
    6: "PTRACE_POKEUSR",
    13: "PTRACE_SETREGS",
    16: "PTRACE_ATTACH",
    0x4205: "PTRACE_SETREGSET",
    0x4206: "PTRACE_SEIZE",
    abi.TRACE_MEMORY: "memory",
}

PlaceOf = Callable[[int, int | None], Place]


class Acts:
    """`place_of` names the pane of a server by its first process; `is_client` says of a pid whether
    it is attached to a server."""

    def __init__(
        self,
        people: People,
        processes: ProcessTable,
        place_of: PlaceOf,
        is_client: Callable[[int], bool],
    ) -> None:
        self._people = people
        self._processes = processes
        self._place_of = place_of
        self._is_client = is_client
        self._inputs = Inputs(people)
        self._injected: dict[tuple[ProcessKey, int, int], InputInjected] = {}
        self._composed: dict[ProcessKey, Composed] = {}

    def typed(self, typed: Typed) -> Sequence[Finding]:
        """Input came to a pane."""
        process = self._processes.get(typed.foreground)
        place = self._place_of(typed.server_tgid, typed.session)
        # What is typed to a tmux in this pane is input of its panes, and told there: one of them
        # may be asking for a secret, of which the terminal here shows nothing.
        is_nested = process is not None and self._is_client(process.key.tgid)
        return self._inputs.add(typed, process, place, is_nested=is_nested)

    def injected(self, record: Injection) -> Sequence[Finding]:
        """Somebody put input into a terminal past the keyboard."""
        self._people.meet(record.key, record.who)
        out: list[Finding] = []
        run = record.key, record.tty_id, record.code
        before = self._injected.get(run)
        if before is not None and record.ktime_ns - before.end_ns < RUN_NS:
            times = before.times + 1
            self._injected[run] = before._replace(end_ns=record.ktime_ns, times=times)
        else:
            if before is not None:
                out.append(self._injected.pop(run))
            self._injected[run] = self._injection(record)
        if record.code == _TIOCSTI:
            out += self._pushed_back(record)
        return out

    def traced(self, record: Traced) -> Sequence[Finding]:
        """Somebody took hold of a process in a pane."""
        self._people.meet(record.key, record.who)
        person = self._person(record.key, record.server_tgid)
        process = self._processes.known(record.target)
        place = self._place_of(record.server_tgid, record.pane_tgid)
        request = _REQUESTS.get(record.request, f"ptrace request {record.request:#x}")
        return [ProcessTraced(record.ktime_ns, person, process, place, request)]

    def composed(self, composed: Composed) -> Sequence[Finding]:
        """Whose hands made the program that runs next in that process."""
        self._composed[composed.key] = composed
        return ()

    def command(self, key: ProcessKey, server_tgid: int) -> Command | None:
        """What was told of the program that runs now in that process; forgotten then."""
        told = self._composed.pop(key, None)
        if told is None:
            return None
        by = tuple((self._hand(hand, server_tgid), size) for hand, size in told.composed_by)
        submitted_by = self._hand(told.submitted_by, server_tgid)
        return Command(by, submitted_by, told.is_partial, told.reason)

    def before(self, pane_tgid: int) -> Sequence[Finding]:
        """What was done to this pane until now, before what happens there next."""
        return self._inputs.flush_pane(pane_tgid)

    def forget(self, server_tgid: int) -> Sequence[Finding]:
        """The server is gone and its panes with it."""
        return self._inputs.forget(server_tgid)

    def tick(self, now_ns: int) -> list[Finding]:
        """What has waited long enough."""
        out: list[Finding] = [*self._inputs.tick(now_ns)]
        for run, told in list(self._injected.items()):
            if now_ns - told.end_ns >= RUN_NS:
                out.append(self._injected.pop(run))
        return out

    def flush(self) -> list[Finding]:
        """Everything, when no more will come."""
        out: list[Finding] = [*self._inputs.flush(), *self._injected.values()]
        self._injected.clear()
        return out

    def _injection(self, record: Injection) -> InputInjected:
        person = self._person(record.key, record.server_tgid)
        place = self._place_of(record.server_tgid, record.session)
        way = _WAYS.get(record.code, f"ioctl {record.code:#x}")
        time_ns = record.ktime_ns
        return InputInjected(time_ns, time_ns, person, place, record.tty, way, 1)

    def _pushed_back(self, record: Injection) -> Sequence[Finding]:
        place = self._place_of(record.server_tgid, record.session)
        if place.pane_id is None and self._processes.get(record.session) is None:
            return ()  # the terminal of a client: the server reads what was put in, and types it
        caller = Hand(None, record.key)
        one = Range(1, caller, How.TIOCSTI, Confidence.EXACT, "the caller of the ioctl")
        typed = Typed(
            record.ktime_ns, record.server_tgid, record.tty_id, 0, record.session, None,
            record.tty, 0, 1, True, b"", (one,),
        )  # fmt: skip
        return self._inputs.inject(typed, self._processes.get(record.session), place)

    def _hand(self, hand: Hand | None, server_tgid: int) -> Person | None:
        return self._people.person_of(hand, server_tgid) if hand else None

    def _person(self, key: ProcessKey, server_tgid: int) -> Person:
        person = self._hand(Hand(None, key), server_tgid)
        assert person is not None  # it was met with this record
        return person
