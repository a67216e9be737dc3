"""What came to the panes as input: runs of one author, and the holes between them.

Invariant: for each pane, bytes that the kernel half counted since its recording began = bytes in
TextInput + bytes in Lost, in order; what TIOCSTI put in stands between them and is not counted.
Whose hand a byte is was decided in attribute/; here the hand gets its person.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.correlate.people import People
from tracer.model.context import Place, Process
from tracer.model.events import Tty
from tracer.model.findings import Lost, TextInput, TypedBy
from tracer.model.hands import Typed

IDLE_NS: Final = 1_000_000_000
AGE_NS: Final = 5_000_000_000
RUN_BYTES: Final = 4096

_Told = list[TextInput | Lost]


class _Where(NamedTuple):
    """What must be equal for two inputs to be joined."""

    process: Process | None
    place: Place
    tty: Tty
    withheld: str | None


class _Run:
    """Input that goes on: of one author, to one place."""

    def __init__(self, where: _Where, author: object, first: Typed) -> None:
        self._where = where
        self._author = author
        self._start_ns = self._last_ns = first.ktime_ns
        self._offset = first.offset
        self._size = 0
        self._chunks: list[bytes] = []
        self._typed_by: list[TypedBy] = []

    def goes_on(self, where: _Where, author: object, now_ns: int) -> bool:
        """Whether what comes now belongs to it."""
        return (where, author) == (self._where, self._author) and not self.is_over(now_ns)

    def is_over(self, now_ns: int) -> bool:
        """Whether it has waited long enough."""
        return now_ns - self._last_ns >= IDLE_NS or now_ns - self._start_ns >= AGE_NS

    def extend(self, typed: Typed, people: People) -> bool:
        """Takes what came; True when that ends it: Enter, or enough of it."""
        self._last_ns = typed.ktime_ns
        self._chunks.append(typed.data)
        for size, hand, how, confidence, reason in typed.ranges:
            # Who has that terminal now: a moment later it may be another's.
            person = people.person_of(hand, typed.server_tgid) if hand else None
            self._append(TypedBy(self._size, size, person, how, confidence, reason))
            self._size += size
        return b"\r" in typed.data or b"\n" in typed.data or self._size >= RUN_BYTES

    def told(self, people: People) -> TextInput:
        """The finding."""
        process, place, tty, withheld = self._where
        typed_by = tuple(
            part._replace(person=people.latest(part.person) if part.person else None)
            for part in self._typed_by
        )
        data = None if withheld else b"".join(self._chunks)
        return TextInput(
            self._start_ns,
            self._last_ns,
            process,
            place,
            tty,
            self._offset,
            self._size,
            data,
            withheld,
            typed_by,
        )

    def _append(self, part: TypedBy) -> None:
        last = self._typed_by[-1] if self._typed_by else None
        if last is not None and last[2:] == part[2:]:
            self._typed_by[-1] = last._replace(size=last.size + part.size)
        else:
            self._typed_by.append(part)


class _Pane:
    """The input of one pane, from the first that was recorded."""

    def __init__(self, pane_pid: int | None, server_tgid: int) -> None:
        self.pane_pid = pane_pid
        self.server_tgid = server_tgid
        self.end = 0
        self.run: _Run | None = None


class Inputs:
    """All panes. `people` knows who sits at a terminal of a server, or is behind a process."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._panes: dict[int, _Pane] = {}

    def add(
        self, typed: Typed, process: Process | None, place: Place, *, is_nested: bool = False
    ) -> _Told:
        """Takes input of the pane at `place`, in whose foreground `process` is; `is_nested`: that
        is the client of a server that tells what was typed itself."""
        out: _Told = []
        pane = self._pane(typed, out)
        if typed.offset > pane.end:
            self._end_run(pane, out)
            out.append(_hole(typed, place, pane.end))
        pane.end = typed.offset + typed.size
        withheld = "no-echo" if typed.is_withheld else "nested" if is_nested else None
        self._extend(pane, _Where(process, place, typed.tty, withheld), typed, out)
        return out

    def inject(self, typed: Typed, process: Process | None, place: Place) -> _Told:
        """Takes what TIOCSTI put into a pane: no master was written, so its offset is where the
        input of the master stands."""
        out: _Told = []
        pane = self._panes.setdefault(typed.tty_id, _Pane(typed.session, typed.server_tgid))
        where = _Where(process, place, typed.tty, "not-captured")
        self._extend(pane, where, typed._replace(offset=pane.end), out)
        return out

    def tick(self, now_ns: int) -> _Told:
        """What has waited long enough."""
        out: _Told = []
        for pane in self._panes.values():
            if pane.run is not None and pane.run.is_over(now_ns):
                self._end_run(pane, out)
        return out

    def flush(self) -> _Told:
        """Everything, when no more will come."""
        out: _Told = []
        for pane in self._panes.values():
            self._end_run(pane, out)
        return out

    def flush_pane(self, pane_pid: int) -> _Told:
        """What came to this pane until now, so that it stands before what happens there next."""
        out: _Told = []
        for pane in self._panes.values():
            if pane.pane_pid == pane_pid:
                self._end_run(pane, out)
        return out

    def forget(self, server_tgid: int) -> _Told:
        """The server is gone and its panes with it."""
        out: _Told = []
        for tty_id, pane in list(self._panes.items()):
            if pane.server_tgid == server_tgid:
                self._end_run(pane, out)
                del self._panes[tty_id]
        return out

    def _pane(self, typed: Typed, out: _Told) -> _Pane:
        pane = self._panes.get(typed.tty_id)
        if pane is None or typed.offset < pane.end:
            if pane is not None:
                self._end_run(pane, out)  # the kernel uses the address of a closed pty again
            pane = self._panes[typed.tty_id] = _Pane(typed.session, typed.server_tgid)
        return pane

    def _extend(self, pane: _Pane, where: _Where, typed: Typed, out: _Told) -> None:
        authors = {one.hand or one.how for one in typed.ranges}
        author = authors.pop() if len(authors) == 1 else object()  # equal to no other
        if pane.run is None or not pane.run.goes_on(where, author, typed.ktime_ns):
            self._end_run(pane, out)
            pane.run = _Run(where, author, typed)
        if pane.run.extend(typed, self._people):
            self._end_run(pane, out)

    def _end_run(self, pane: _Pane, out: _Told) -> None:
        if pane.run is not None:
            out.append(pane.run.told(self._people))
            pane.run = None


def _hole(typed: Typed, place: Place, end: int) -> Lost:
    missing = typed.offset - end
    return Lost(typed.ktime_ns, "text_input", "ring full", None, missing, place, typed.tty, end)
