"""Puts hands to what was typed, and typists to what was run.

Invariant: all records leave in the order in which they came; a PaneInput leaves as Typed, once it
is decided, and what came after it waits so long. Sans-I/O, no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from tracer.attribute.lines import Lines
from tracer.attribute.pending import Write
from tracer.attribute.typist import Typist
from tracer.model import abi
from tracer.model.events import (
    ClientInput,
    ClientShown,
    ClientTty,
    Exec,
    Exit,
    Missing,
    PaneInput,
    PaneOutput,
    Peer,
    Record,
)
from tracer.model.facts import Fact, Followed
from tracer.model.hands import Attributed, Range, Typed

_SHOWN: Final = frozenset((PaneOutput, ClientShown))
_INPUT_KINDS: Final = (abi.KIND_CLIENT_INPUT, abi.KIND_PANE_INPUT)


class Attributor:
    """Feed it records in order; tick it so that what waits can go."""

    def __init__(self) -> None:
        self._typists: dict[int, Typist] = {}
        self._over: set[int] = set()
        self._lines: Final = Lines()
        self._held: deque[Record | Write] = deque()

    def feed(self, records: Iterable[Record], now_ns: int) -> list[Record | Attributed]:
        """Takes records; returns those that can go. `now_ns`: CLOCK_BOOTTIME."""
        gone: list[Record | Attributed] = []
        for record in records:
            # Output is nearly all that comes; it is nobody's, and only keeps its place.
            if type(record) in _SHOWN and not self._held:
                gone.append(record)
            else:
                self._held.append(self._note(record))
                gone += self._release()
        return gone + self.tick(now_ns)

    def learn(self, facts: Iterable[Fact]) -> None:
        """What observe/ found out: of processes that were there before the first record."""
        for fact in facts:
            if isinstance(fact, Followed):
                self._lines.know(fact)

    def tick(self, now_ns: int) -> list[Record | Attributed]:
        """Returns what can go at `now_ns` without another record."""
        for typist in self._typists.values():
            typist.tick(now_ns)
        gone = self._release()
        self._forget()
        return gone

    def _note(self, record: Record) -> Record | Write:
        match record:
            case PaneInput():
                return self._typist(record.server_tgid).write(record)
            case ClientInput():
                self._typist(record.server.tgid).read(record)
            case Peer():
                self._typist(record.server_tgid).note_asker(record)
            case ClientTty():
                self._typist(record.server.tgid).note_asker(record)
            case Exit():
                self._note_exit(record)
            case Missing(kind=kind) if kind in _INPUT_KINDS:
                for typist in self._typists.values():
                    typist.note_lost(record.ktime_ns)
        return record

    def _note_exit(self, record: Exit) -> None:
        if record.key.tgid == record.server_tgid:
            self._over.add(record.server_tgid)
        elif record.is_peer:
            self._typist(record.server_tgid).note_asker(record)

    def _forget(self) -> None:
        # What was written before a server ended is decided after it.
        for tgid in [tgid for tgid in self._over if self._typist(tgid).is_done]:
            self._over.discard(tgid)
            del self._typists[tgid]

    def _typist(self, server_tgid: int) -> Typist:
        return self._typists.setdefault(server_tgid, Typist())

    def _release(self) -> list[Record | Attributed]:
        gone: list[Record | Attributed] = []
        while self._held and not _is_open(self._held[0]):
            self._pass_on(self._held.popleft(), gone)
        for typist in self._typists.values():
            while typist.unread:
                self._append(typist.unread.popleft(), gone)
        return gone

    def _pass_on(self, item: Record | Write, gone: list[Record | Attributed]) -> None:
        if isinstance(item, Write):
            self._append(_typed(item.record, item.ranges or ()), gone)
            return
        if isinstance(item, Exec) and (composed := self._lines.explain(item)):
            self._append(composed, gone)
        self._append(item, gone)

    def _append(self, record: Record | Attributed, gone: list[Record | Attributed]) -> None:
        self._lines.note(record)
        gone.append(record)


def _is_open(item: Record | Write) -> bool:
    return isinstance(item, Write) and item.ranges is None


def _typed(record: PaneInput, ranges: tuple[Range, ...]) -> Typed:
    return Typed(
        record.ktime_ns, record.server_tgid, record.tty_id, record.offset, record.session,
        record.foreground, record.tty, record.lflag, record.size, record.is_withheld, record.data,
        ranges,
    )  # fmt: skip
