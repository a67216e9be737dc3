"""All the ways in which reads may have become writes, as tmux's loop allows them.

In one turn of its loop a server reads from each client at most once. Then each client's keys go to
the panes, the clients in the order in which they attached; the next turn writes, to each pane all
that it got (server_loop() and window_pane_key() of tmux 3.3a). So
- the reads in one write are of different clients, and in a fixed order, once that is known;
- a later write to the same pane is of later reads;
- between panes there is no order within a turn.
A pane that is full is written late and in pieces: there a write has many reads, and cuts them.
Keys that tmux takes for itself are left out.

Invariant: nothing is preferred here; all explanations are given, or none when there are too many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tracer.attribute import keys
from tracer.attribute.pending import Piece, Read, Rest, Write
from tracer.model.events import Tty

MAX_STEPS: Final = 4000
MAX_FOUND: Final = 256
# Far longer than from a read to its write, unless the whole server sleeps.
FRESH_NS: Final = 250_000_000
# Reads of one client that may be passed over while a pane is full.
MAX_AHEAD: Final = 6
MAX_TURN: Final = 16


class TooManyError(Exception):
    """There are more explanations than are worth looking at."""


class State(NamedTuple):
    """Where a server stands: reads passed over or used of each client, and by pane what is left
    of a read and the place of the last read that went there. `turn`: writes since the last that
    began a turn for sure, each a pane and the reads that went there."""

    past: Mapping[Tty, int]
    rests: Mapping[int, Rest]
    floors: Mapping[int, int]
    turn: tuple[tuple[int, tuple[Read, ...]], ...] = ()


class Explanation(NamedTuple):
    """For each write its pieces; `used` are the reads in them, `left` what of them is in no write,
    one entry for each byte; `state` is what comes after."""

    writes: tuple[tuple[Piece, ...], ...]
    used: frozenset[Read]
    left: frozenset[tuple[Read, int]]
    state: State

    def has_copy(self) -> bool:
        """Whether something is taken to have gone to several panes."""
        return any(piece.is_copy for pieces in self.writes for piece in pieces)


@dataclass(frozen=True)
class Scene:
    """What is to be explained: `writes` in order, from `reads` in order of each client.

    `ranks`: pairs of clients of which the first is known to come first in a turn. `is_picked`:
    tmux may have taken keys out of reads. `is_late`: the server may have slept for long.
    """

    reads: Mapping[Tty, Sequence[Read]]
    writes: Sequence[Write]
    state: State
    ranks: frozenset[tuple[Tty, Tty]] = frozenset()
    is_picked: bool = False
    is_late: bool = False

    def may_matter(self, read: Read) -> bool:
        """Whether `read` can be in any of the writes."""
        return any(self.may_be(read, write) for write in self.writes)

    def may_be(self, read: Read, write: Write) -> bool:
        """Whether turns and time allow that `read` is in `write`."""
        if read.gone_at is not None and read.gone_at < write.at:
            return False
        is_slow = self.is_late or write.is_wide or read.is_unfinished
        return is_slow or write.ktime_ns - read.ktime_ns <= FRESH_NS


def explanations(scene: Scene) -> list[Explanation]:
    """Every way to explain all the writes; raises TooManyError."""
    found = []
    for each in _Search(scene).run():
        found.append(each)
        if len(found) > MAX_FOUND:
            raise TooManyError
    return found


def needed(scene: Scene, used: Iterable[Read]) -> frozenset[Read]:
    """Those of `used` without which nothing explains the writes. Without others it may be a later
    read of the same client, with the same key: that changes no name, but leaves the read free."""
    return frozenset(read for read in used if not _is_explained_without(read, scene))


def merged(chosen: Sequence[Explanation]) -> State:
    """What comes after, by whichever of them; it allows what any does."""
    first, *others = (each.state for each in chosen)
    rests = {pane: rest for pane, rest in first.rests.items()
             if all(other.rests.get(pane) == rest for other in others)}  # fmt: skip
    floors = {pane: min(state.floors.get(pane, -1) for state in (first, *others))
              for pane in first.floors}  # fmt: skip
    turns = zip(*(each.state.turn for each in chosen), strict=True)
    turn = tuple(
        (same[0][0], tuple(dict.fromkeys(read for _, reads in same for read in reads)))
        for same in turns
    )
    return State({}, rests, floors, turn)


def _is_explained_without(read: Read, scene: Scene) -> bool:
    """True also where that is too much to look for."""
    reads = {client: [each for each in queue if each is not read]
             for client, queue in scene.reads.items()}  # fmt: skip
    try:
        return any(_Search(replace(scene, reads=reads, is_picked=True)).run())
    except TooManyError:
        return True


class _Search:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._steps = 0

    def run(self) -> Iterator[Explanation]:
        reads = (read for queue in self._scene.reads.values() for read in queue)
        pending = frozenset(filter(self._scene.may_matter, reads))
        rests = self._scene.state.rests
        for lines, state in self._lines(0, self._scene.state):
            pieces = [piece for line in lines for piece in line]
            used = frozenset(read for piece in pieces for read in piece.reads())
            left = {read: min(read.size, keys.MAX_PICKED) for read in pending - used}
            left |= {rest.read: 1 for pane, rest in rests.items() if state.rests.get(pane) == rest}
            for piece in pieces:
                if piece.read and piece.is_picked and not piece.is_copy:
                    left[piece.read] = max(piece.read.size - piece.size, 1)
            parts = frozenset((read, nth) for read, size in left.items() for nth in range(size))
            yield Explanation(lines, used, parts, state)

    def _lines(
        self, index: int, state: State
    ) -> Iterator[tuple[tuple[tuple[Piece, ...], ...], State]]:
        """The writes from `index` on."""
        if index == len(self._scene.writes):
            yield (), state
            return
        write = self._scene.writes[index]
        for pieces, after in self._pieces(write, _turned(state, write), 0, ()):
            for lines, last in self._lines(index + 1, _landed(after, write, pieces)):
                yield (pieces, *lines), last

    def _pieces(
        self, write: Write, state: State, start: int, before: tuple[Piece, ...]
    ) -> Iterator[tuple[tuple[Piece, ...], State]]:
        """The bytes of `write` from `start` on, after the pieces `before`."""
        self._step()
        if start == write.size:
            yield before, state
            return
        rest = state.rests.get(write.pane) if start == 0 else None
        choices = (
            self._rest(write, state, rest) if rest else self._next(write, state, start, before)
        )
        for piece, after in choices:
            yield from self._pieces(write, after, start + piece.size, (*before, piece))

    def _rest(self, write: Write, state: State, rest: Rest) -> Iterator[tuple[Piece, State]]:
        rests = {pane: left for pane, left in state.rests.items() if pane != write.pane}
        yield from self._fits(write, state._replace(rests=rests), 0, rest)

    def _next(
        self, write: Write, state: State, start: int, before: tuple[Piece, ...]
    ) -> Iterator[tuple[Piece, State]]:
        for client, queue in self._scene.reads.items():
            past = state.past.get(client, 0)
            seen = set[tuple[int, bool]]()
            for index in self._ahead(write, queue, past):
                if self._may_follow(write, state, queue[index], before):
                    after = state._replace(past={**state.past, client: index + 1})
                    rest = Rest(queue[index], 0, False)
                    fits = [*self._fits(write, after, start, rest)]
                    fits += self._joins(write, after, start, queue[past : index + 1])
                    # The first that fits leaves most to come, whichever it was.
                    yield from (each for each in fits if _fit(each[0]) not in seen)
                    seen.update(_fit(piece) for piece, _ in fits)
        for read in _elsewhere(state, write):
            if self._scene.may_be(read, write) and self._may_follow(write, state, read, before):
                yield from self._fits(write, state, start, Rest(read, 0, True))
        if found := keys.REPLY.match(write.data, start):
            yield Piece(found.end() - start), state

    def _ahead(self, write: Write, queue: Sequence[Read], past: int) -> Iterator[int]:
        """Places in `queue` of what may be in `write`, of which it can be any."""
        count = 0
        for index in range(past, len(queue)):
            if queue[index].at > write.at or (write.is_wide and count == MAX_AHEAD):
                return
            if self._scene.may_be(queue[index], write):
                count += 1
                yield index

    def _fits(
        self, write: Write, state: State, start: int, rest: Rest
    ) -> Iterator[tuple[Piece, State]]:
        """What `rest` can be of the write at `start`: all of it, or cut where the write ends."""
        read, offset, is_copy = rest
        if write.record.is_withheld or read.is_withheld:
            ends, cut = _sizes(write, start, read.size - offset)
            picked = set[int]()
        else:
            data = read.data[offset:] if offset else read.data
            ends = keys.ends(data, write.data, start)
            picked = keys.picked_ends(data, write.data, start) if self._scene.is_picked else set()
            cut = keys.taken(data, write.data, start) if write.is_wide else 0
        for end in sorted(ends | picked, reverse=True):
            is_picked = end not in ends
            yield Piece(end - start, read, offset, is_copy=is_copy, is_picked=is_picked), state
        if cut and write.is_wide:
            left = rest._replace(offset=offset + cut)
            after = state._replace(rests={**state.rests, write.pane: left})
            yield Piece(write.size - start, read, offset, is_copy=is_copy), after

    def _joins(
        self, write: Write, state: State, start: int, queue: Sequence[Read]
    ) -> Iterator[tuple[Piece, State]]:
        """The last of `queue`, with those before it that its first key began in."""
        chain = queue[-1].chain()
        if 1 < len(chain) <= len(queue):
            data = b"".join(read.data for read in chain)
            for end in keys.ends(data, write.data, start):
                yield Piece(end - start, queue[-1], joined=len(chain) - 1), state

    def _may_follow(
        self, write: Write, state: State, read: Read, before: tuple[Piece, ...]
    ) -> bool:
        if write.is_wide:
            return True
        if read.at <= state.floors.get(write.pane, -1) and not read.is_unfinished:
            return False
        if before and read.prior and before[-1].read is read.prior:
            return True
        clients = [piece.read.client for piece in before if piece.read]
        ranks = self._scene.ranks
        return read.client not in clients and not any(
            (read.client, client) in ranks for client in clients
        )

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooManyError


def _fit(piece: Piece) -> tuple[int, bool]:
    return piece.size, piece.is_picked


def _sizes(write: Write, start: int, size: int) -> tuple[set[int], int]:
    """Where `size` bytes that can't be compared end, or how many there is room for."""
    room = write.size - start
    return ({start + size}, 0) if size <= room else (set(), room)


def _turned(state: State, write: Write) -> State:
    """A pane is written to once in a turn, if it isn't full."""
    if write.is_wide:
        return state
    since = max((i + 1 for i, (pane, _) in enumerate(state.turn) if pane == write.pane), default=0)
    return state._replace(turn=state.turn[since:])


def _elsewhere(state: State, write: Write) -> Iterator[Read]:
    """Reads that went to other panes in this turn, each once."""
    here = {read for pane, reads in state.turn if pane == write.pane for read in reads}
    reads = dict.fromkeys(read for _, reads in state.turn for read in reads)
    yield from (read for read in reads if read not in here)


def _landed(state: State, write: Write, pieces: tuple[Piece, ...]) -> State:
    reads = tuple(read for piece in pieces for read in piece.reads())
    last = max((read.at for read in reads), default=-1)
    floor = max(last, state.floors.get(write.pane, -1))
    turn = (*state.turn, (write.pane, reads))[-MAX_TURN:]
    return state._replace(floors={**state.floors, write.pane: floor}, turn=turn)
