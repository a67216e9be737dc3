"""The kernel half alone: its records as they come, without the stages behind.

Invariant: `raw` has every byte that crossed a ring, and `records` all that was sent, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tests.kernel.tracing import load_program
from tests.patience import eventually
from tracer.capture.kernel import KernelSource
from tracer.capture.loader import EVERYTHING, Wanted
from tracer.decode.order import Order
from tracer.decode.records import decode
from tracer.model.events import (
    ClientInput,
    ClientShown,
    ClientTty,
    Exec,
    Exit,
    Fork,
    Injection,
    Missing,
    PaneInput,
    PaneOutput,
    Peer,
    Record,
    Resize,
    ServerFound,
    Traced,
)
from tracer.settings import RingSizes

_R = TypeVar("_R", bound=Record)
_T = TypeVar("_T")


def server_of(record: Record) -> int | None:
    """The server that a record is about."""
    match record:
        case Fork() | Exec():
            return record.who.server_tgid
        case Exit() | PaneInput() | Peer() | Injection() | Traced():
            return record.server_tgid
        case ServerFound():
            return record.key.tgid
        case PaneOutput() | ClientShown() | ClientInput() | ClientTty() | Resize():
            return record.server.tgid
    return None


class Watch:
    """Sees from now on, until close(). `server`: whose records are asked for; a machine may have
    other servers."""

    def __init__(self, plan: str | None, wanted: Wanted = EVERYTHING) -> None:
        program = load_program(plan, RingSizes(), wanted)
        self._source = KernelSource(program, RingSizes())
        self._order = Order(self._source.cpus)
        self.plan = program.plan
        self.server: int | None = None
        self.raw = bytearray()
        self.records: list[Record] = []

    def of(self, kind: type[_R]) -> list[_R]:
        """What was seen of a kind, about `server`."""
        assert self.server
        return [r for r in self.records if isinstance(r, kind) and server_of(r) == self.server]

    def until(self, what: Callable[[], _T]) -> _T:
        """Looks at what comes until `what()` is true, which it returns."""

        def look() -> _T:
            self._look()
            return what()

        return eventually(look)

    def begin_anew(self) -> None:
        """Forgets what was seen until now, of which nothing was missing."""
        self._look()
        assert not [record for record in self.records if isinstance(record, Missing)]
        self.server = None
        self.raw.clear()
        self.records.clear()

    def close(self) -> None:
        """Ends the watch. All that was made has come."""
        self._source.stop()
        self._look()
        self.records += self._order.flush()
        self._source.close()
        assert not [record for record in self.records if isinstance(record, Missing)]

    def _look(self) -> None:
        drain = self._source.drain()
        for batch in drain.batches:
            self.raw += batch.data
        arrivals = [a for batch in drain.batches for a in decode(batch.data, batch.spans)]
        self.records += self._order.feed(arrivals, drain.produced, drain.began_ns)
