"""Which explanations of some writes count, and whom they name.

Invariant: an explanation is put aside only for one that leaves out less of what was typed; what is
left must agree on a hand.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from tracer.attribute.explain import Explanation
from tracer.attribute.pending import Piece, Read, Write
from tracer.attribute.ranges import EITHER, SEVERAL, agreed, joined, ranges_of, unknown
from tracer.model.events import Tty
from tracer.model.hands import Confidence, How, Range

# What is as long as this and equal wasn't asked for by chance.
LONG_BYTES: Final = 8
# How long a message or a prompt of tmux may take keys (display-time is 750 ms as tmux comes).
SWALLOW_NS: Final = 1_000_000_000


def choose(
    found: Sequence[Explanation], writes: Sequence[Write], is_due: bool
) -> Sequence[Explanation] | None:
    """Those that count, for good; None while more may come. `is_due`: no longer."""
    is_asked = any(write.askers for write in writes)
    if not is_asked and _is_settled(found, writes):
        return found
    full = [each for each in found if not each.left]
    has_copy = any(each.has_copy() for each in found)
    if full and (is_due or not (is_asked or has_copy)):
        return found if has_copy else full
    return least(found) if is_due else None


def rivals(
    chosen: Sequence[Explanation], asked: int, others: Sequence[Explanation], size: int
) -> list[Explanation]:
    """Those of `others`, which explain all but the write at `asked`, that leave out nothing that
    every one of `chosen` writes: with that write, of `size` bytes, as what a process asked for."""
    found = []
    for each in others:
        if not any(own.left <= each.left for own in chosen):
            lines = *each.writes[:asked], (Piece(size, is_asked=True),), *each.writes[asked:]
            found.append(each._replace(writes=lines))
    return found


def name(
    chosen: Sequence[Explanation], writes: Sequence[Write], synced: Container[int]
) -> list[tuple[Range, ...]]:
    """Whose each write is. `synced`: panes that lately got copies of what went to others."""
    best = least_left(chosen)
    clients = {read.client for each in chosen for read in (*each.used, *dict(each.left))}
    named = []
    for ranges, write, pieces in zip(_agreed(chosen, writes), writes, best.writes, strict=True):
        doubted = _doubted(write, pieces, used_by_all(chosen), write.pane in synced)
        named.append(joined(_allowed(each, doubted) for each in ranges))
    return [_sized(ranges, best, clients) for ranges in named]


def is_clear(ranges: Sequence[Sequence[Range]]) -> bool:
    """Whether all bytes have a hand, or none for a reason that is known."""
    return all(each.hand or each.how == How.TERMINAL_REPLY for some in ranges for each in some)


def least_left(chosen: Sequence[Explanation]) -> Explanation:
    """The one that leaves out least."""
    return min(chosen, key=lambda each: len(each.left))


def used_by_all(chosen: Sequence[Explanation]) -> frozenset[Read]:
    """What was written for sure."""
    return frozenset.intersection(*(each.used for each in chosen))


def _is_settled(found: Sequence[Explanation], writes: Sequence[Write]) -> bool:
    """Whether all name the same hands, and what is still to come can't show another."""
    if any(each.has_copy() for each in found):
        used = frozenset[Read]().union(*(each.used for each in found))
        if any(read not in used for each in found for read in dict(each.left)):
            return False
    return is_clear(_agreed(found, writes))


def least(found: Sequence[Explanation]) -> list[Explanation]:
    """Without those that leave out what another does, and more. A copy may leave out any."""
    return [
        each
        for each in found
        if each.has_copy() or not any(other.left < each.left for other in found)
    ]


def _agreed(chosen: Sequence[Explanation], writes: Sequence[Write]) -> list[tuple[Range, ...]]:
    by_write = zip(*(each.writes for each in chosen), strict=True)
    return [
        agreed([ranges_of(pieces, write.record.is_withheld) for pieces in choices])
        for write, choices in zip(writes, by_write, strict=True)
    ]


def _doubted(
    write: Write, pieces: Sequence[Piece], used: Container[Read], is_synced: bool
) -> set[tuple[Tty, bool]]:
    """Clients, and whether as copies, that a process may stand behind instead: it asked, and the
    client's keys went to no pane just before, or nothing else went to both panes."""
    if not write.askers:
        return set()
    return {
        (piece.read.client, piece.is_copy)
        for piece in pieces
        if piece.read
        if (piece.is_copy and not is_synced) or piece.is_picked or _is_swallowed(piece.read, used)
    }


def _is_swallowed(read: Read, used: Container[Read]) -> bool:
    before = read.before
    if before is None or read.ktime_ns - before.ktime_ns > SWALLOW_NS:
        return False
    return not before.is_used and before not in used


def _allowed(each: Range, doubted: set[tuple[Tty, bool]]) -> Range:
    if not each.hand or not each.hand.tty or each.size >= LONG_BYTES:
        return each
    is_doubted = (each.hand.tty, each.how == How.SYNC_PANES) in doubted
    return unknown(each.size, EITHER) if is_doubted else each


def _sized(ranges: tuple[Range, ...], best: Explanation, clients: set[Tty]) -> tuple[Range, ...]:
    """A name on sizes alone needs that all was written, or that only one terminal sent anything."""
    if len(clients) < 2 or not best.left:
        return ranges
    is_sized = (each.confidence == Confidence.LIKELY for each in ranges)
    pairs = zip(ranges, is_sized, strict=True)
    return joined(unknown(each.size, SEVERAL) if sized else each for each, sized in pairs)
