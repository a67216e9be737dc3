"""What the terminals of panes and clients showed, and of which size they were.

Invariant: a terminal's size stands between what was shown at the one before and what at this one.
Who sits at a client is told by `access`; how records are joined, in `ttys`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tracer.correlate.procs import ProcessTable
from tracer.correlate.ttys import Shown, Told, TtyStreams
from tracer.model import abi
from tracer.model.context import Person, Place
from tracer.model.events import ClientShown, PaneOutput, Resize, Tty
from tracer.model.facts import TtyState
from tracer.model.findings import ClientOutput, Finding, TerminalResized, TextOutput

PlaceOf = Callable[[int, int | None], Place]
ClientAt = Callable[[int, Tty], tuple[Person | None, Place]]


class Terminals:
    """`place_of` names the pane of a server by its first process; `client_at` says who has the
    terminal as a client of a server, and where that is."""

    def __init__(self, processes: ProcessTable, place_of: PlaceOf, client_at: ClientAt) -> None:
        self._processes = processes
        self._place_of = place_of
        self._client_at = client_at
        self._panes = TtyStreams(TextOutput)
        self._clients = TtyStreams(ClientOutput)
        self._by_record: dict[type, TtyStreams] = {
            PaneOutput: self._panes,
            ClientShown: self._clients,
        }
        self._by_kind = dict(zip(abi.SHOWN_KINDS, (self._panes, self._clients), strict=True))
        self._sizes: dict[tuple[int, int, bool], Resize] = {}

    def extend(self, record: object, epoch: int) -> bool:
        """Takes what only goes on with the last record of its terminal, added in this epoch."""
        streams = self._by_record.get(type(record))
        return streams is not None and streams.extend(record, epoch)  # type: ignore[arg-type]

    def add(self, record: Shown, epoch: int) -> Sequence[Told | TerminalResized]:
        """Takes any record of what was shown. `epoch`: see TtyStreams.add()."""
        if isinstance(record, PaneOutput):
            foreground = self._processes.get(record.foreground)
            place = self._place_of(record.server.tgid, record.session)
            return self._panes.add(record, foreground, place, epoch)
        person, place = self._client_at(record.server.tgid, record.tty)
        shown = self._clients.add(record, person, place, epoch)
        return [*shown, *self._resized_unseen(record)]

    def resized(self, record: Resize) -> Sequence[Finding]:
        """Takes a size; one that is as before is not told, nor none at all."""
        resized = self._resized(record)
        streams = self._clients if record.is_client else self._panes
        return [*streams.flush_tty(record.tty_id), *resized] if resized else ()

    def _resized_unseen(self, record: ClientShown) -> Sequence[TerminalResized]:
        # Who sets the size of a pty signals before that (drivers/tty/pty.c, pty_resize). The server
        # that looks then waits inside ioctl(2), but a probe at its entry finds the size of before.
        before = self._sizes.get((record.server.tgid, record.tty_id, True))
        if before is None or (before.rows, before.columns) == (record.rows, record.columns):
            return ()
        resize = before._replace(
            ktime_ns=record.ktime_ns,
            offset=record.offset,
            session=record.session,
            tty=record.tty,
            rows=record.rows,
            columns=record.columns,
        )
        return self._resized(resize)

    def _resized(self, record: Resize) -> Sequence[TerminalResized]:
        at = record.server.tgid, record.tty_id, record.is_client
        before, self._sizes[at] = self._sizes.get(at), record
        if not (record.rows and record.columns) or (before and _is_same(before, record)):
            return ()
        person, place = None, self._place_of(record.server.tgid, record.session)
        if record.is_client:
            person, place = self._client_at(record.server.tgid, record.tty)
        _, _, _, offset, _, tty, rows, columns, _ = record
        return (TerminalResized(record.ktime_ns, place, person, tty, rows, columns, offset),)

    # ---- what is missing ----

    def owe(self, kind: int, records: int) -> bool:
        """That many records are missing; False if their kind isn't one of what is shown."""
        streams = self._by_kind.get(kind)
        if streams is not None:
            streams.owe(records)
        return streams is not None

    @property
    def is_owed(self) -> bool:
        """Whether records are missing and no hole has accounted for them."""
        return any(streams.owed > 0 for streams in self._by_kind.values())

    def settle(self, states: Iterable[TtyState], now_ns: int) -> list[Told]:
        """Places what is owed by the kernel half's account."""
        placed: dict[int, list[tuple[TtyState, Place]]] = {kind: [] for kind in self._by_kind}
        for state in states:
            placed[state.kind].append((state, self._place_of_state(state)))
        out: list[Told] = []
        for kind, streams in self._by_kind.items():
            out += streams.settle(placed[kind], now_ns)
        return out

    # ---- time, and the end ----

    def tick(self, now_ns: int) -> list[Told]:
        """What has waited long enough."""
        return [*self._panes.tick(now_ns), *self._clients.tick(now_ns)]

    def flush(self) -> list[Told]:
        """Everything, when no more will come."""
        return [*self._panes.flush(), *self._clients.flush()]

    def flush_pane(self, pane_pid: int) -> list[Told]:
        """What this pane showed until now, so that it stands before what happens there next."""
        return self._panes.flush_pane(pane_pid)

    def flush_client(self, tty_id: int) -> list[Told]:
        """The same of a client."""
        return self._clients.flush_tty(tty_id)

    def forget(self, server_tgid: int) -> list[Told]:
        """The server is gone, its panes with it, and it writes to nobody."""
        self._sizes = {at: size for at, size in self._sizes.items() if at[0] != server_tgid}
        return [*self._panes.forget(server_tgid), *self._clients.forget(server_tgid)]

    def _place_of_state(self, state: TtyState) -> Place:
        if state.kind == abi.KIND_PANE_OUTPUT:
            return self._place_of(state.server_tgid, state.session)
        return self._client_at(state.server_tgid, state.tty)[1]


def _is_same(before: Resize, after: Resize) -> bool:
    # The kernel uses the address of a closed terminal again; then it has another leader.
    return (before.session, before.tty, before.rows, before.columns) == (
        (after.session, after.tty, after.rows, after.columns)
    )
