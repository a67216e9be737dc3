"""When the kernel half is asked for its account of every pty, and when that is compared.

Invariant: it is asked only while output is missing that no later record has placed, and an account
is compared when all that it counts has had time to arrive.
"""

from __future__ import annotations

from typing import Final

from tracer.model.facts import TtyState

OWED_WAIT_NS: Final = 200_000_000
UNDER_WAY_NS: Final = 1_000_000_000


class Account:
    """The one that is under way, if there is one."""

    def __init__(self) -> None:
        self._owed_since_ns: int | None = None
        self._states: list[TtyState] | None = None
        self._taken_ns: int | None = None

    def is_wanted(self, is_owed: bool, now_ns: int) -> bool:
        """Whether output is owed for so long that it won't come by itself."""
        if not is_owed or self._states is not None:
            self._owed_since_ns = None
            return False
        if self._owed_since_ns is None:
            self._owed_since_ns = now_ns
        return now_ns - self._owed_since_ns > OWED_WAIT_NS

    def take(self, states: list[TtyState]) -> None:
        """The account, as it is now."""
        self._states, self._taken_ns = states, None

    def due(self, now_ns: int) -> list[TtyState] | None:
        """The account, once, when it can be compared; else None."""
        if self._states is None:
            return None
        # The turn in which it was taken began before it: the next one is the first after.
        if self._taken_ns is None:
            self._taken_ns = now_ns
        if now_ns - self._taken_ns < UNDER_WAY_NS:
            return None
        states, self._states = self._states, None
        return states
