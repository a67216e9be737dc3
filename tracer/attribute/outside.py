"""Whose a write is that nobody typed: of the one process that asked, or of the one paste.

Invariant: a name is given only where there is one process or terminal that it can be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.attribute.keys import REPLY, places
from tracer.attribute.pending import Read, Write
from tracer.attribute.ranges import EITHER, joined, unknown
from tracer.model.events import Tty
from tracer.model.hands import Confidence, Hand, How, Range

# What a key is bound to is done in the turn of the key.
TURN_NS: Final = 100_000_000
STALE_NS: Final = 10_000_000_000

NOBODY: Final = "nothing that was read explains this, and nobody asked for it"
WAS_TYPED: Final = "it may have been typed earlier and held back"
ASKED: Final = "the only process that was asking the server"
BOUND: Final = "the only terminal with keys that went to no pane"


def outside(
    write: Write, pending: Iterable[Read], stale: Iterable[Read], near: Iterable[Read]
) -> tuple[Range, ...]:
    """Whose `write` is, which `pending` doesn't explain; `stale` went to no pane.

    Where it is what any of `near` may have become, nobody is named: it may be typed in part.
    """
    askers = write.askers
    clients = {read.client for read in pending}
    if not askers and not clients:
        return (unknown(write.size, NOBODY),)
    is_old = any(write.ktime_ns - read.ktime_ns > TURN_NS for read in pending)
    if len(askers) + len(clients) > 1 or is_old:
        return (unknown(write.size, EITHER),)
    if _can_be(write, [read for read in stale if read.client not in clients]):
        return (unknown(write.size, WAS_TYPED),)
    if askers:
        hand, how, reason = Hand(None, askers[0]), How.SEND_KEYS, ASKED
    else:
        hand, how, reason = Hand(clients.pop(), None), How.PASTE, BOUND
    doubted = _typed(write, [read for read in near if read.client != hand.tty]) | _answers(write)
    named = Range(1, hand, how, Confidence.LIKELY, reason)
    return joined(unknown(1, EITHER) if at in doubted else named for at in range(write.size))


def _typed(write: Write, near: Iterable[Read]) -> set[int]:
    """Offsets of bytes that may be keys."""
    if write.record.is_withheld:
        return set(range(write.size)) if any(near) else set()
    return {at for read in near for at in places(read.data, write.data)}


def _answers(write: Write) -> set[int]:
    """Offsets of bytes that may be an answer of the terminal or of tmux, written in the same go."""
    return {at for found in REPLY.finditer(write.data) for at in range(*found.span())}


def _can_be(write: Write, stale: Iterable[Read]) -> bool:
    """Whether one client typed just this a while ago, and its keys were held up."""
    typed: dict[Tty, list[bytes]] = {}
    for read in stale:
        if write.ktime_ns - read.ktime_ns < STALE_NS:
            typed.setdefault(read.client, []).append(read.data)
    return any(
        b"".join(keys[first:]).startswith(write.data)
        for keys in typed.values() for first in range(len(keys))
    )  # fmt: skip
