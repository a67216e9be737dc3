"""Looks whether anybody but us changes what of ours is in the kernel.

Invariant: what was changed is told, in a `watch` record, and put right where that can be done. Root
can do more than is looked for here; that nothing comes any more, the canary tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

_PERIOD_NS: Final = 10_000_000_000


class Watched(Protocol):
    """What tracer.daemon.Capture offers."""

    def mend(self) -> list[int]:
        """Servers that were taken out of the kernel half's table, and are back."""

    def moved(self) -> dict[str, int]:
        """How often the position of a ring was moved, by the names of those moved."""


class Guard:
    """`say`: puts a record about the log into it."""

    def __init__(self, capture: Watched, say: Callable[..., None]) -> None:
        self._capture, self._say = capture, say
        self._next_ns = 0
        self._moved: dict[str, int] = {}

    def turn(self, now_ns: int) -> None:
        """Looks each ten seconds. `now_ns`: CLOCK_BOOTTIME."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + _PERIOD_NS
        for tgid in self._capture.mend():
            self._say("watch", changed="lineage", server=tgid, mended=True)
        moved = self._capture.moved()
        for ring, times in moved.items():
            if times > self._moved.get(ring, 0):
                self._say("watch", changed="ring", ring=ring, mended=True)
        self._moved = dict(moved)
