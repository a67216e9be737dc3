"""What panes and clients showed: records of one terminal joined, and the holes between them.

Invariant: for each terminal, bytes that were counted = bytes in findings + bytes in Lost, in order,
with no byte twice. A UTF-8 character is cut only where a hole follows, or where its rest didn't
come in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from tracer.model import abi
from tracer.model.context import Person, Place, Process
from tracer.model.events import ClientShown, PaneOutput, ProcessKey, Tty
from tracer.model.facts import TtyState
from tracer.model.findings import ClientOutput, Lost, TextOutput

COALESCE_NS: Final = 10_000_000
PARTIAL_NS: Final = 1_000_000_000
COALESCE_BYTES: Final = 65536
_WRAP: Final = 1 << 32
_KINDS: Final[dict[type, str]] = {TextOutput: "text_output", ClientOutput: "client_output"}

Shown = PaneOutput | ClientShown
Output = TextOutput | ClientOutput
Told = Output | Lost


class _Scene(NamedTuple):
    """What must be equal for two records to be joined. `who`: whose terminal of a client it is, or
    who leads the foreground of a pane."""

    who: Process | Person | None
    place: Place
    tty: Tty
    rows: int
    columns: int


# (epoch, server, session, foreground, tty, rows, columns): while it is equal, so is _Scene.
_Same = tuple[int, ProcessKey, int | None, int | None, Tty, int, int]


class TtyStream:
    """One terminal, from the first record of it, which may not have arrived. `makes`: the findings
    that are made of it."""

    def __init__(self, first: Shown | TtyState, scene: _Scene, makes: type[Output]) -> None:
        self.scene = scene
        self._makes = makes
        self.pane_pid = first.session
        self.began_ns = first.began_ns
        self._end = self._offset = first.origin
        self._nth = 0
        self._chunks: list[bytes] = []
        self._bytes = 0
        self._start_ns = self._last_ns = first.began_ns
        self._same: _Same | None = None

    def extend(self, record: Shown, epoch: int) -> bool:
        """Takes a record with which nothing is complete, nor missing: nearly every one. Else it
        returns False, and has not taken it. While the epoch is the same, so is who has a pid."""
        (ktime_ns, server, _, began_ns, offset, _, nth, session, foreground, tty, rows, columns,
         data) = record  # fmt: skip
        size = self._bytes + len(data)
        if (
            nth != self._nth
            or offset != self._end
            or began_ns != self.began_ns
            or not self._chunks
            or size >= COALESCE_BYTES
            or ktime_ns - self._start_ns >= COALESCE_NS
            or (epoch, server, session, foreground, tty, rows, columns) != self._same
        ):
            return False
        self._chunks.append(data)
        self._bytes = size
        self._end = offset + len(data)
        self._nth = (nth + 1) % _WRAP
        self._last_ns = ktime_ns
        return True

    def add(self, record: Shown, scene: _Scene, epoch: int, out: list[Told]) -> int:
        """Takes any record; appends what is complete to `out`. Returns how many records before it
        were lost."""
        lost = (record.nth - self._nth) % _WRAP
        skipped = record.offset - self._end
        if lost or skipped:
            self._tell_hole(record.ktime_ns, lost, skipped, out)
        elif scene != self.scene or record.ktime_ns - self._start_ns >= COALESCE_NS:
            self.flush(out, keep_partial=True)
            self._start_ns = record.ktime_ns  # a character in pieces is shown when it is whole
        self.scene = scene
        self._same = epoch, record.server, record.session, record.foreground, *scene[2:]
        if not self._chunks:
            self._start_ns = record.ktime_ns
        self._chunks.append(record.data)
        self._bytes += len(record.data)
        self._end = record.offset + len(record.data)
        self._nth = (record.nth + 1) % _WRAP
        self._last_ns = record.ktime_ns
        if self._bytes >= COALESCE_BYTES:
            self.flush(out, keep_partial=True)
        return lost

    def settle(self, state: TtyState, now_ns: int, out: list[Told]) -> int:
        """Compares with the kernel half's account: what it has beyond ours was lost at the end."""
        lost = (state.records - self._nth) % _WRAP
        if state.began_ns != self.began_ns or not lost or lost >= _WRAP // 2:
            return 0
        self._tell_hole(now_ns, lost, state.end - self._end, out)
        self._end = self._offset = state.end
        self._nth = state.records
        return lost

    def tick(self, now_ns: int, out: list[Told]) -> None:
        """Flushes what waited long enough; an incomplete character waits longer for its rest."""
        age = now_ns - self._start_ns
        if self._chunks and age >= COALESCE_NS:
            self.flush(out, keep_partial=age < PARTIAL_NS)

    def flush(self, out: list[Told], keep_partial: bool) -> None:
        """Tells what was joined, but for the start of a character if `keep_partial`."""
        data = b"".join(self._chunks)
        kept = _partial_bytes(data) if keep_partial else 0
        whole, rest = data[: len(data) - kept], data[len(data) - kept :]
        if whole:
            begin, end, offset = self._start_ns, self._last_ns, self._offset
            out.append(self._makes(begin, end, *self.scene, offset, whole))  # type: ignore[arg-type]
            self._offset += len(whole)
            self._start_ns = self._last_ns
        self._chunks = [rest] if rest else []
        self._bytes = kept

    def _tell_hole(self, time_ns: int, records: int, skipped: int, out: list[Told]) -> None:
        self.flush(out, keep_partial=False)
        reason = "ring full" if records else "not read"
        # A write is counted whole, so what is not taken of one is in one record's count.
        if self._makes is ClientOutput and skipped > records * abi.DATA_MAX:
            reason = "longer than is taken"
        kind, place, tty = _KINDS[self._makes], self.scene.place, self.scene.tty
        out.append(Lost(time_ns, kind, reason, records, skipped, place, tty, self._end))
        self._offset = self._end + skipped


class TtyStreams:
    """All panes of which a server has read, or all clients to which one has written."""

    def __init__(self, makes: type[Output] = TextOutput) -> None:
        self._makes = makes
        self._streams: dict[int, TtyStream] = {}
        self._by_pane: dict[int, TtyStream] = {}
        self._owed = 0

    def extend(self, record: Shown, epoch: int) -> bool:
        """Takes a record that only goes on with the last one of its pty, added in this epoch."""
        stream = self._streams.get(record.tty_id)
        return stream is not None and stream.extend(record, epoch)

    def add(
        self, record: Shown, who: Process | Person | None, place: Place, epoch: int = 0
    ) -> list[Told]:
        """Takes a record of the terminal at `place`; `who`: see _Scene. `epoch`: changes when other
        processes or places than these may have the same pids."""
        out: list[Told] = []
        stream = self._streams.get(record.tty_id)
        scene = _Scene(who, place, record.tty, record.rows, record.columns)
        if stream is None or stream.began_ns != record.began_ns:
            stream = self._begin(record, scene, out)
        self._owed -= stream.add(record, scene, epoch, out)
        return out

    def owe(self, records: int) -> None:
        """That many records of output are missing; which terminal's is not known yet."""
        self._owed += records

    @property
    def owed(self) -> int:
        """Records that are missing and that no hole has accounted for."""
        return self._owed

    def settle(self, states: Iterable[tuple[TtyState, Place]], now_ns: int) -> list[Told]:
        """Places what is owed by the kernel half's account, the rest as a loss without a place."""
        out: list[Told] = []
        for state, place in states:
            stream = self._streams.get(state.tty_id)
            if stream is None or stream.began_ns < state.began_ns:
                stream = self._begin(state, _Scene(None, place, state.tty, 0, 0), out)
            self._owed -= stream.settle(state, now_ns, out)
        # Less than none: holes that are known, and whose numbers are not told as missing yet.
        if self._owed > 0:
            kind = _KINDS[self._makes]
            out.append(Lost(now_ns, kind, "ring full", self._owed, None, None, None, None))
            self._owed = 0
        return out

    def tick(self, now_ns: int) -> list[Told]:
        """What has waited long enough."""
        out: list[Told] = []
        for stream in self._streams.values():
            stream.tick(now_ns, out)
        return out

    def flush(self) -> list[Told]:
        """Everything, when no more will come."""
        out: list[Told] = []
        for stream in self._streams.values():
            stream.flush(out, keep_partial=False)
        return out

    def flush_pane(self, pane_pid: int) -> list[Told]:
        """What this pane showed until now, so that it stands before what happens there next."""
        out: list[Told] = []
        stream = self._by_pane.get(pane_pid)
        if stream is not None:
            stream.flush(out, keep_partial=True)
        return out

    def flush_tty(self, tty_id: int) -> list[Told]:
        """The same of a terminal."""
        out: list[Told] = []
        if (stream := self._streams.get(tty_id)) is not None:
            stream.flush(out, keep_partial=True)
        return out

    def forget(self, server_tgid: int) -> list[Told]:
        """The server is gone and its ptys with it."""
        out: list[Told] = []
        for tty_id, stream in list(self._streams.items()):
            if stream.scene.place.server.tgid == server_tgid:
                self._close(stream, out)
                del self._streams[tty_id]
        return out

    def _begin(self, first: Shown | TtyState, scene: _Scene, out: list[Told]) -> TtyStream:
        before = self._streams.get(first.tty_id)
        if before is not None:
            self._close(before, out)  # the kernel uses the address of a closed pty again
        stream = self._streams[first.tty_id] = TtyStream(first, scene, self._makes)
        if first.session is not None:
            self._by_pane[first.session] = stream
        return stream

    def _close(self, stream: TtyStream, out: list[Told]) -> None:
        stream.flush(out, keep_partial=False)
        if stream.pane_pid is not None and self._by_pane.get(stream.pane_pid) is stream:
            del self._by_pane[stream.pane_pid]


def _partial_bytes(data: bytes) -> int:
    """How many bytes at the end begin a UTF-8 character that isn't complete (0 to 3)."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return 0
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if byte < 0xF8 and back < need else 0
    return 0
