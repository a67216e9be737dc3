"""Signals that end us, and who sent them.

Invariant: while they are waited for they are blocked in every thread that is started meanwhile, so
none is ever delivered to a handler, and the kernel keeps its sender until we ask.
"""

from __future__ import annotations

import signal
from types import TracebackType
from typing import Final, NamedTuple

from tracer.model.facts import ProcSeen
from tracer.observe import procfs

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Sent(NamedTuple):
    """A signal; `pid` and `uid` of who sent it are 0 where the kernel did, for a key that was
    pressed. `sender`: that process, if it was still there."""

    number: int
    pid: int
    uid: int
    sender: ProcSeen | None


class Signals:
    """To be entered before any thread is started."""

    def __enter__(self) -> Signals:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def come(self) -> Sent | None:
        """One that has come; doesn't wait."""
        info = signal.sigtimedwait(ENDING, 0)
        if info is None:
            return None
        pid = info.si_pid
        return Sent(info.si_signo, pid, info.si_uid, procfs.process(pid) if pid else None)
