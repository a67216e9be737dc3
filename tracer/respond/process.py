"""A process that is held, so that a signal reaches it, or nobody.

Invariant: what is held is the process of that entity id: its start was looked at once its
descriptor was open, and a descriptor is never of another process.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple, Self

from tracer.respond.action import Refused
from tracer.respond.target import Target

GRACE_S: Final = 1.0
"""So long a process may take to end in order."""


class Processes(NamedTuple):
    """What is asked about processes: the entity id of one, None if it has gone; and whether one
    belongs to ttytrace."""

    entity_of: Callable[[int], str | None]
    is_ours: Callable[[int], bool]


class Held:
    """`fd`: of the process. To be used in a with."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @classmethod
    def of(cls, target: Target, processes: Processes) -> Self:
        """Holds it. Refused where it has gone, or is ours."""
        try:
            held = cls(os.pidfd_open(target.pid))
        except ProcessLookupError:
            raise Refused("it has gone already") from None
        try:
            if processes.entity_of(target.pid) != target.entity_id or held.is_over(0):
                raise Refused("it has gone already")
            if processes.is_ours(target.pid):
                raise Refused("it belongs to ttytrace")
        except Refused:
            held.close()
            raise
        return held

    def end(self) -> bool:
        """Has it end in order, or else at once; whether it has."""
        return self._signal(signal.SIGTERM) or self.kill()

    def kill(self) -> bool:
        """Ends it at once; whether it has ended, which can take as long as the kernel likes."""
        return self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> bool:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, number)
        return self.is_over(GRACE_S)

    def is_over(self, patience_s: float) -> bool:
        """Whether it has ended, or does in that time."""
        return bool(select.select([self._fd], [], [], patience_s)[0])

    def close(self) -> None:
        """Lets it go."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
