"""Signals that end us or have settings read again, and who sent them.

Invariant: while they are waited for they are blocked in every thread that is started meanwhile, so
none is ever delivered to a handler, and the kernel keeps its sender until we ask.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from types import TracebackType
from typing import Final, NamedTuple

from tracer.model.facts import ProcSeen
from tracer.observe import procfs

_SIGSET_BYTES: Final = 128
_LIBC: Final = ctypes.CDLL(None)

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Sent(NamedTuple):
    """A signal; `pid` and `uid` of who sent it are 0 where the kernel did, for a key that was
    pressed. `sender`: that process, if it was still there."""

    number: int
    pid: int
    uid: int
    sender: ProcSeen | None

    @property
    def wants_reload(self) -> bool:
        """A process that sends SIGHUP wants settings to be read again; the kernel says with it that
        the terminal has gone."""
        return self.number == signal.SIGHUP and self.pid != 0


class Signals:
    """To be entered before any thread is started."""

    def __enter__(self) -> Signals:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        mask = sum(1 << number - 1 for number in ENDING).to_bytes(_SIGSET_BYTES, sys.byteorder)
        self._fd = int(_LIBC.signalfd(-1, ctypes.c_char_p(mask), os.O_CLOEXEC))
        return self

    def fileno(self) -> int:
        """Readable when there is one; never read, or the sender would be lost."""
        return self._fd

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

    def come(self) -> Sent | None:
        """One that has come; doesn't wait."""
        info = signal.sigtimedwait(ENDING, 0)
        if info is None:
            return None
        pid = info.si_pid
        return Sent(info.si_signo, pid, info.si_uid, procfs.process(pid) if pid else None)
