"""How much of a core this process may take, over each tenth of a second.

Invariant: what is not used is not saved up beyond one window; what is taken too much is paid back.
"""

from __future__ import annotations

from typing import Final

_WINDOW_NS: Final = 100_000_000


class Share:
    """`percent` of one core; 0: there is no limit. It can be set at any time."""

    def __init__(self, percent: int) -> None:
        self.percent = percent
        self._left_ns = 0.0
        self._now_ns = self._used_ns = 0

    def is_used_up(self, now_ns: int, used_ns: int) -> bool:
        """`now_ns`: of any clock. `used_ns`: the CPU time of the process until now."""
        share = self.percent / 100
        gained_ns = (now_ns - self._now_ns) * share
        spent_ns = used_ns - self._used_ns
        self._now_ns, self._used_ns = now_ns, used_ns
        self._left_ns = min(self._left_ns + gained_ns - spent_ns, _WINDOW_NS * share)
        return self.percent > 0 and self._left_ns < 0
