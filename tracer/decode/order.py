"""Records leave in kernel-time order, and what never arrived leaves as `Missing` in its place.

The kernel half numbers the records of each kind on each CPU before it asks for room in a ring,
and counts them where we can read it at any time. So a hole in the numbers is a loss, and so is a
number that was given out and doesn't come. A CPU can be held up between giving out a number and
sending (a guest that isn't scheduled), so what doesn't come is given OVERDUE_NS.

Invariant: for each (CPU, kind), numbers given out = records released + Missing + still under way.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from tracer.decode.records import Arrival
from tracer.model import abi
from tracer.model.events import Missing, Record

HOLD_BACK_NS: Final = 5_000_000
OVERDUE_NS: Final = 1_000_000_000
_WRAP: Final = 1 << 32
_when = itemgetter(0)  # ktime_ns of every record


class Tally(NamedTuple):
    """Records of one kind: made by the kernel half, arrived here, told as lost; what is made and
    neither is under way."""

    produced: int
    arrived: int
    lost: int


class Order:
    """Merges the rings. `feed` what was drained, with the counts read *before* draining."""

    def __init__(self, cpus: int) -> None:
        self._next = [0] * (cpus * abi.KINDS)
        self._produced = [0] * (cpus * abi.KINDS)
        self._owed = self._produced
        self._owed_since_ns: int | None = None
        self._lost = [0] * abi.KINDS
        self._held: list[Record] = []

    def feed(
        self, arrivals: Iterable[Arrival], produced: Sequence[int], now_ns: int
    ) -> list[Record]:
        """Takes a drain that began at `now_ns` and returns the records that can go.

        `produced`: numbers given out for each cpu * abi.KINDS + kind.
        """
        held, expected, kinds = self._held, self._next, abi.KINDS
        for _, kind, cpu, seq, record in arrivals:
            slot = cpu * kinds + kind
            if seq != expected[slot]:
                self._note_hole(slot, seq, record)
            else:
                expected[slot] = (seq + 1) % _WRAP
            held.append(record)
        self._produced = list(produced)
        if self._owed_since_ns is None or now_ns - self._owed_since_ns >= OVERDUE_NS:
            self._close_ends(now_ns - HOLD_BACK_NS)
            self._owed, self._owed_since_ns = self._produced, now_ns
        return self._release(now_ns - HOLD_BACK_NS)

    def flush(self) -> list[Record]:
        """All that is held, and what the last counts have beyond it, when no more will come."""
        last_ns = max(map(_when, self._held), default=0)
        self._owed = self._produced
        self._close_ends(max(last_ns, self._owed_since_ns or 0))
        return self._release(None)

    def tallies(self) -> dict[int, Tally]:
        """Of each kind that there was any of, by the counts of the last feed."""
        produced, told = [0] * abi.KINDS, [0] * abi.KINDS
        for slot, (made, expected) in enumerate(zip(self._produced, self._next, strict=True)):
            kind = slot % abi.KINDS
            produced[kind] += made
            told[kind] += made - _signed(made - expected)  # `expected` has wrapped, `made` hasn't
        each = zip(produced, told, self._lost, strict=True)
        tallies = (Tally(made, told - lost, lost) for made, told, lost in each)
        return {kind: tally for kind, tally in enumerate(tallies) if any(tally)}

    def _note_hole(self, slot: int, seq: int, before: Record) -> None:
        hole = (seq - self._next[slot]) % _WRAP
        if hole < _WRAP // 2:
            cpu, kind = divmod(slot, abi.KINDS)
            self._held.append(Missing(before.ktime_ns, kind, cpu, hole))
            self._lost[kind] += hole
            self._next[slot] = (seq + 1) % _WRAP

    def _close_ends(self, time_ns: int) -> None:
        for slot, owed in enumerate(self._owed):
            hole = (owed - self._next[slot]) % _WRAP
            if hole and hole < _WRAP // 2:
                cpu, kind = divmod(slot, abi.KINDS)
                self._held.append(Missing(time_ns, kind, cpu, hole))
                self._lost[kind] += hole
                self._next[slot] = owed % _WRAP

    def _release(self, until_ns: int | None) -> list[Record]:
        # The sort is stable: what is Missing was put in just before the record that showed it.
        held = self._held
        held.sort(key=_when)
        keep = len(held) if until_ns is None else bisect_right(held, until_ns, key=_when)
        self._held = held[keep:]
        return held[:keep]


def _signed(difference: int) -> int:
    """A difference modulo 2**32, from -2**31 on: what arrived may be ahead of the counts."""
    return (difference + _WRAP // 2) % _WRAP - _WRAP // 2
