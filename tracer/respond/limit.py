"""How often something may be done.

Invariant: in no minute more often than that.
"""

from __future__ import annotations

from collections import deque
from typing import Final

_MINUTE_NS: Final = 60_000_000_000


class PerMinute:
    """At most `times` in a minute."""

    def __init__(self, times: int) -> None:
        self._last: deque[int] = deque(maxlen=times)

    def take(self, now_ns: int) -> bool:
        """Whether it may be done now; then it counts. `now_ns`: of a clock that only goes on."""
        last = self._last
        if len(last) == last.maxlen and now_ns - last[0] < _MINUTE_NS:
            return False
        last.append(now_ns)
        return True
