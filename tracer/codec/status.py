"""A wait(2) status, as people and ECS count it.

Invariant: every status has an exit code; one of a signal is 128 and its number, as in a shell.
"""

from __future__ import annotations

import os
import signal
from typing import Final, NamedTuple

# glibc keeps the kernel's first two real-time signals, 32 and 33, to itself (signal(7)).
_SIGRTMIN: Final = 34


class Ended(NamedTuple):
    """How a process ended; `signal` is None unless one killed it."""

    exit_code: int
    signal: int | None
    core_dumped: bool


def ended(status: int) -> Ended:
    """Decodes a wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return Ended(128 + number, number, os.WCOREDUMP(status))
    return Ended(os.WEXITSTATUS(status), None, False)


def signal_name(number: int) -> str:
    """SIGKILL for 9, SIGRTMIN+1 for 35; the number where it has no name."""
    if number > _SIGRTMIN:
        return f"SIGRTMIN+{number - _SIGRTMIN}"
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
