"""Whose hands are on one server: its reads, its writes, and what is held until it is sure.

A write is decided at once where all explanations name the same hands. Else it waits: until all
that was read has been written, which leaves one explanation as a rule, or for HOLD_NS.
Invariant: writes are decided in order, and never taken back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from tracer.attribute.askers import Askers
from tracer.attribute.explain import (
    Explanation,
    Scene,
    State,
    TooManyError,
    explanations,
    merged,
    needed,
)
from tracer.attribute.keys import Paste, unfinished
from tracer.attribute.outside import outside
from tracer.attribute.pending import WIDE_BYTES, Read, Write
from tracer.attribute.ranges import EITHER, unknown
from tracer.attribute.verdict import (
    LONG_BYTES,
    choose,
    is_clear,
    least,
    least_left,
    name,
    rivals,
    used_by_all,
)
from tracer.model.events import ClientInput, ClientTty, Exit, PaneInput, Peer, Tty
from tracer.model.hands import Confidence, Hand, How, Range, Unread

HOLD_NS: Final = 100_000_000
# A key that may go on is held back for escape-time, 500 ms as tmux comes.
ESCAPE_NS: Final = 1_000_000_000
MAX_READS: Final = 20_000
MAX_HELD: Final = 24
MAX_REACH: Final = 32

LOST: Final = "input records were lost"
TOO_MANY: Final = "too much was typed at once to tell who typed what"
NO_ORDER: Final = "no order of what was typed explains this"


class Typist:
    """Of one server. Records come in order; `unread` and the ranges of writes are what goes out."""

    def __init__(self) -> None:
        self.unread: deque[Unread] = deque()
        self._server_tgid = 0
        self._at = 0
        self._now_ns = 0
        self._reads: dict[Tty, list[Read]] = {}
        self._newest: dict[Tty, Read] = {}
        self._late: deque[Read] = deque(maxlen=64)
        self._stale: deque[Read] = deque(maxlen=64)
        self._last: dict[Tty, deque[int]] = {}
        self._pastes: dict[Tty, Paste] = {}
        self._nths: dict[tuple[type, int, int], int] = {}
        self._held: list[Write] = []
        self._outsiders: list[Write] = []
        self._wide: dict[int, Write] = {}
        self._state = State({}, {}, {})
        self._ranks: set[tuple[Tty, Tty]] = set()
        self._synced_ns: dict[int, int] = {}
        self._askers = Askers()
        self._lost_ns: int | None = None

    # ---- what happens ----

    def note_asker(self, record: Peer | Exit | ClientTty) -> None:
        """A process asked the server, went away, or became a client."""
        if isinstance(record, Peer):
            self._askers.note_peer(record)
        elif isinstance(record, Exit):
            self._askers.note_exit(record)
        else:
            self._ranks = {pair for pair in self._ranks if record.tty not in pair}
            if record.is_taken:
                self._askers.note_attached(record.tty)

    def note_lost(self, time_ns: int) -> None:
        """Records of input are missing: nothing is sure until what is pending is past."""
        self._lost_ns = time_ns

    def read(self, record: ClientInput) -> None:
        """The server read from a client."""
        self._server_tgid = record.server.tgid
        self._count(record)
        self.tick(record.ktime_ns)
        at = self._next()
        for data in _keys(record.data):
            self._queue(record, data, at)
        last = self._last.setdefault(record.tty, deque(maxlen=3))
        last.append(at)
        if len(last) == 3 and not self._is_backed_up():
            self._pass(last[0], at)

    def _queue(self, record: ClientInput, data: bytes, at: int) -> None:
        queue = self._reads.setdefault(record.tty, [])
        parts = self._pastes.setdefault(record.tty, Paste()).split(data)
        prior = queue[-1] if queue and queue[-1].is_unfinished else None
        read = Read(record, data, at, parts or ((record.size, How.KEYSTROKE),), prior)
        read.before, self._newest[record.tty] = self._newest.get(record.tty), read
        queue.append(read)
        self._late.append(read)

    def write(self, record: PaneInput) -> Write:
        """The server, or a stranger, wrote to a pane."""
        self._count(record)
        self.tick(record.ktime_ns)
        wide = self._wide.get(record.tty_id)
        is_wide = wide is not None or record.tty_id in self._state.rests
        askers = self._askers.now(record.ktime_ns)
        write = Write(record, self._next(), is_wide, askers)
        if record.writer.tgid != record.server_tgid:
            hand = Hand(None, record.writer)
            write.ranges = (Range(write.size, hand, How.FOREIGN_MASTER, Confidence.EXACT, ""),)
        elif self._lost_ns is not None:
            write.ranges = (unknown(write.size, LOST),)
        else:
            self._note_width(write)
            self._held.append(write)
            write.suspects = self._suspects(write)
            self._settle()
            self._settle_outsiders()
        return write

    @property
    def is_done(self) -> bool:
        """Whether all that was written is decided."""
        return not self._held and not self._outsiders

    def tick(self, now_ns: int) -> None:
        """Time passed."""
        self._now_ns = max(self._now_ns, now_ns)
        if self._lost_ns is not None:
            self._end_loss()
        elif self._held and self._is_due():
            self._settle()
        self._settle_outsiders()
        self._expire()

    # ---- deciding ----

    def _settle(self) -> None:
        try:
            self._try_to_settle()
        except TooManyError:
            self._give_up(TOO_MANY)

    def _try_to_settle(self) -> None:
        found = self._explanations(self._held)
        if not found and len(self._held) > 1:
            found = self._without_outsiders() or self._without_asked()
        if not found:
            self._settle_inexplicable()
        elif chosen := choose(found, self._held, self._is_due()):
            self._decide(chosen, self._rivals(chosen))

    def _rivals(self, chosen: Sequence[Explanation]) -> list[Explanation]:
        """With one write as what a process asked for, where that leaves out other keys."""
        found: list[Explanation] = []
        for index, write in enumerate(self._held):
            if write.askers and write.size < LONG_BYTES:
                others = [*self._held[:index], *self._held[index + 1 :]]
                found += rivals(chosen, index, self._explanations(others), write.size)
        return found

    def _explanations(self, writes: list[Write]) -> list[Explanation]:
        """With whole reads, else with some that tmux has taken keys out of."""
        if not writes:
            return []
        scene = self._scene(writes)
        found = explanations(scene)
        panes = {write.pane for write in writes} | {pane for pane, _ in self._state.turn}
        if len(panes) == 1 and any(not each.left for each in found):
            return found  # in several panes it may be a copy of a part of a read
        if found := explanations(replace(scene, is_picked=True)):
            return found
        if found := explanations(replace(scene, is_late=True)):
            return found
        if found := explanations(replace(scene, ranks=frozenset())):
            self._ranks = set()
        return found

    def _scene(self, writes: list[Write]) -> Scene:
        return Scene(self._in_reach(), writes, self._state, frozenset(self._ranks))

    def _in_reach(self) -> dict[Tty, list[Read]]:
        """What is pending; while a pane is full, no more than the next writes can be of."""
        if not self._is_backed_up():
            return self._reads
        return {client: queue[:MAX_REACH] for client, queue in self._reads.items()}

    def _without_outsiders(self) -> list[Explanation]:
        """After the last write spoiled it: it may be of no terminal at all."""
        last = self._held[-1]
        if self._explanations([last]):
            return []
        self._set_outside(last)
        self._held.remove(last)
        return self._explanations(self._held)

    def _without_asked(self) -> list[Explanation]:
        """One write may be what a process asked for; where it can be several, all of them."""
        may_be = [write for write in self._held if write.askers and self._explains_without(write)]
        if len(may_be) == 1:
            self._set_outside(may_be[0])
        for write in may_be:
            if len(may_be) > 1:
                write.ranges = (unknown(write.size, EITHER),)
            self._held.remove(write)
        return self._explanations(self._held) if may_be and self._held else []

    def _explains_without(self, write: Write) -> bool:
        return bool(self._explanations([each for each in self._held if each is not write]))

    def _settle_inexplicable(self) -> None:
        if not self._held:
            return
        if len(self._held) == 1:
            self._set_outside(self._held[0])
            self._held = []
        else:
            self._give_up(NO_ORDER)

    def _decide(self, chosen: Sequence[Explanation], others: Sequence[Explanation]) -> None:
        ranges = name([*chosen, *others], self._held, self._synced_ns)
        best, is_sure = least_left(chosen), is_clear(ranges)
        used = used_by_all([*chosen, *others])
        self._note_written(needed(self._scene(self._held), used), chosen)
        for write, own, pieces in zip(self._held, ranges, best.writes, strict=True):
            write.ranges = own
            if any(piece.is_copy for piece in pieces):
                self._synced_ns[write.pane] = write.ktime_ns
        if is_sure and not best.left:
            self._learn_ranks(best)
        self._held = []
        self._land(chosen, used)

    def _note_written(self, sure: Iterable[Read], chosen: Sequence[Explanation]) -> None:
        """What can't be in another write than those that are decided now."""
        left = {read for each in chosen for read, _ in each.left}
        panes = {write.pane for write in self._held}
        for read in sure:
            read.is_whole = read not in left
            if len(panes) == 1:
                read.panes |= panes

    def _land(self, chosen: Sequence[Explanation], sure: frozenset[Read]) -> None:
        """The state of the server after the decided writes, `sure` being in them."""
        is_wide = any(rest for each in chosen for rest in each.state.rests)
        self._state = merged(least(chosen) if is_wide else chosen)
        may_be = frozenset[Read]().union(*(each.used for each in chosen))
        for read in may_be:
            read.is_used = read in sure
            read.is_told = True
        for client, queue in self._reads.items():
            past = min(each.state.past.get(client, 0) for each in chosen)
            self._forget(read for read in queue[:past] if read not in sure)
            self._reads[client] = [read for read in queue[past:] if read not in sure]
        for queue in self._reads.values():
            if queue and queue[0].prior in sure:
                queue[0].prior = None
        for read in sure:
            read.before = None

    def _learn_ranks(self, best: Explanation) -> None:
        for write, pieces in zip(self._held, best.writes, strict=True):
            if not write.is_wide:
                clients = [piece.read.client for piece in pieces if piece.read]
                self._ranks.update(pair for pair in pairwise(clients) if pair[0] != pair[1])

    def _set_outside(self, write: Write) -> None:
        rests = {pane: rest for pane, rest in self._state.rests.items() if pane != write.pane}
        self._state = self._state._replace(rests=rests)
        self._outsiders.append(write)

    def _settle_outsiders(self) -> None:
        """Once it is clear which of the keys before them have another write."""
        for write in self._outsiders[:]:
            pending = [read for read in write.suspects if not read.is_whole]
            if not pending or self._now_ns - write.ktime_ns >= HOLD_NS:
                write.ranges = outside(write, pending, self._stale, self._near(write))
                self._outsiders.remove(write)

    def _suspects(self, write: Write) -> list[Read]:
        """What is pending, and what may have been written in part only, or not at all."""
        waiting = [read for queue in self._in_reach().values() for read in queue]
        return waiting + [read for read in self._near(write) if read.is_used and not read.is_whole]

    def _near(self, write: Write) -> list[Read]:
        """All that was read of late and can be in `write`, had we not taken it for others."""
        return [
            read
            for read in self._late
            if write.pane not in read.panes
            if read.at < write.at and (read.gone_at is None or read.gone_at > write.at)
            if write.ktime_ns - read.ktime_ns < ESCAPE_NS
        ]

    def _give_up(self, reason: str) -> None:
        """Nobody is named; what was read may have been in these writes, or is still to come."""
        for write in self._held:
            write.ranges = (unknown(write.size, reason),)
        self._held = []
        self._state = State({}, {}, {})
        for queue in self._reads.values():
            for read in queue:
                read.is_told = True

    # ---- what is past ----

    def _is_due(self) -> bool:
        return self._now_ns - self._held[0].ktime_ns >= HOLD_NS or len(self._held) >= MAX_HELD

    def _is_backed_up(self) -> bool:
        return bool(self._state.rests or self._wide)

    def _note_width(self, write: Write) -> None:
        if write.size >= WIDE_BYTES:
            self._wide[write.pane] = write
        elif write.pane not in self._state.rests:
            self._wide.pop(write.pane, None)

    def _pass(self, before: int, at: int) -> None:
        """Three reads of one client are three turns: what was read before them is written."""
        for queue in (*self._reads.values(), self._late):
            for read in queue:
                is_free = not read.is_unfinished and read.size < WIDE_BYTES
                if read.at < before and read.gone_at is None and is_free:
                    read.gone_at = at

    def _expire(self) -> None:
        wide = [pane for pane, w in self._wide.items() if self._now_ns - w.ktime_ns > ESCAPE_NS]
        for pane in wide:
            del self._wide[pane]
        if self._held:
            return
        if self._is_backed_up() and sum(map(len, self._reads.values())) < MAX_READS:
            return
        for client, queue in self._reads.items():
            if over := [read for read in queue if self._is_over(read)]:
                self._reads[client] = [read for read in queue if read not in over]
                self._forget(over)
            for read in queue:
                if self._now_ns - read.ktime_ns > HOLD_NS and not read.is_unfinished:
                    self._tell(read)

    def _is_over(self, read: Read) -> bool:
        return read.gone_at is not None or self._now_ns - read.ktime_ns > ESCAPE_NS

    def _forget(self, reads: Iterable[Read]) -> None:
        for read in reads:
            read.before = None
            self._stale.append(read)
            self._tell(read)

    def _tell(self, read: Read) -> None:
        if not read.is_told:
            read.is_told = True
            self.unread.append(Unread(read.ktime_ns, self._server_tgid, read.client, read.size))

    def _next(self) -> int:
        self._at += 1
        return self._at

    # ---- loss ----

    def _count(self, record: ClientInput | PaneInput) -> None:
        key = (type(record), record.tty_id, record.began_ns)
        if record.nth != self._nths.get(key, record.nth):
            self.note_lost(record.ktime_ns)
        self._nths[key] = (record.nth + 1) % (1 << 32)

    def _end_loss(self) -> None:
        self._held += self._outsiders
        self._outsiders = []
        self._give_up(LOST)
        assert self._lost_ns is not None
        if self._now_ns - self._lost_ns >= HOLD_NS:
            self._lost_ns = None


def _keys(data: bytes) -> list[bytes]:
    """A read, with an unfinished last key for itself."""
    cut = len(data) - unfinished(data)
    return [part for part in (data[:cut], data[cut:]) if part] or [b""]
