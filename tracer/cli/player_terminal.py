"""The operator's terminal, as long as the player has it.

Invariant: however that ends - by a key, a signal, an error, for a while or for good - the terminal
is as it was before, and nothing that was sent to us is left for a shell to read.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final, NoReturn

_ENTER: Final = "\x1b[?1049h\x1b[?7l\x1b[m\x1b[2J\x1b[H"
_LEAVE: Final = "\x1b[m\x1b[?7h\x1b[?25h\x1b[2J\x1b[?1049l"
_ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)
_CHUNK: Final = 4096

_Handler = Callable[[int, FrameType | None], object] | signal.Handlers


class Terminal:
    """A context; `fds`: what is read and written. `changed` is called when what it shows is gone,
    or it has another size. On SIGTERM and SIGHUP it raises SystemExit, on Ctrl-C KeyboardInterrupt,
    wherever we are."""

    def __init__(
        self, changed: Callable[[], None], fds: tuple[int, int] = (0, 1), encoding: str = ""
    ) -> None:
        self._changed = changed
        self._in, self._out = fds
        self._encoding = encoding or sys.stdout.encoding or "ascii"
        self._signals: dict[int, object] = {}

    def __enter__(self) -> Terminal:
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._modes = termios.tcgetattr(self._in)
        self._wakeup_fd = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in _ENDINGS:
            self._handle(number, _end)
        self._handle(signal.SIGWINCH, lambda *_: self._changed())
        self._handle(signal.SIGTSTP, lambda *_: self._stop())
        self._handle(signal.SIGCONT, lambda *_: self._take())
        self._take()
        return self

    def __exit__(
        self,
        class_: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for ending in (*_ENDINGS, signal.SIGINT):  # nothing comes between from here on
            self._handle(ending, signal.SIG_IGN)
        try:
            self._give_back()
        finally:
            for number, before in self._signals.items():
                signal.signal(number, before)  # type: ignore[arg-type]
            signal.set_wakeup_fd(self._wakeup_fd)
            self._woken.close()
            self._waker.close()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        columns, rows = os.get_terminal_size(self._out)
        return columns or 80, rows or 24

    def write(self, text: str) -> None:
        """Shows it."""
        data = text.encode(self._encoding, "replace")
        while data:
            data = data[os.write(self._out, data) :]

    def read(self, patience_s: float | None) -> bytes:
        """What was typed, once there is something; b"" when time is over or a signal came. Ends us
        as SIGHUP does where the terminal is gone."""
        ready, _, _ = select.select([self._in, self._woken.fileno()], [], [], patience_s)
        if self._woken.fileno() in ready:
            self._woken.recv(_CHUNK)
        if self._in not in ready:
            return b""
        return os.read(self._in, _CHUNK) or _end(signal.SIGHUP)

    def _handle(self, number: int, handler: _Handler) -> None:
        self._signals.setdefault(number, signal.getsignal(number))
        signal.signal(number, handler)

    def _take(self) -> None:
        modes = termios.tcgetattr(self._in)
        modes[0] &= ~(termios.IXON | termios.ICRNL | termios.INLCR | termios.ISTRIP)
        modes[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
        modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._in, termios.TCSANOW, modes)
        self.write(_ENTER)
        self._changed()

    def _give_back(self) -> None:
        with suppress(OSError, termios.error):  # it may be gone
            self.write(_LEAVE)
        with suppress(OSError, termios.error):
            # At once: a terminal that takes no output must not keep us.
            termios.tcsetattr(self._in, termios.TCSANOW, self._modes)
            termios.tcflush(self._in, termios.TCIFLUSH)

    def _stop(self) -> None:
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        # Here it goes on; SIGCONT takes the terminal again.
        self._handle(signal.SIGTSTP, lambda *_: self._stop())


def _end(number: int, _: FrameType | None = None) -> NoReturn:
    sys.exit(128 + number)
