"""Clients whose screens a test sees itself: what their terminals get, byte for byte.

Invariant: `got` is all that was read from the master of that terminal, by nobody else.
"""

from __future__ import annotations

import os
import subprocess
import termios
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from tests.kernel.tmux import ENVIRONMENT, Pane, Tmux
from tests.kernel.typists import wait_until_attached
from tests.patience import PATIENCE_S
from tracer.model.events import Tty
from tracer.model.findings import ClientOutput, Finding, Lost, TerminalResized

_BYE = b"[detached (from session %s)]\r\n"


class Viewer:
    """A program on a terminal of the test's own, by default a client of that pane's session."""

    def __init__(self, tmux: Tmux, pane: Pane, size: tuple[int, int], *argv: str) -> None:
        self.got = bytearray()
        self._session = pane.session
        self._master, terminal = os.openpty()
        self._looks = threading.Event()
        self._looks.set()
        self.resize(*size)
        device = os.fstat(terminal).st_rdev
        self.tty = Tty(os.major(device), os.minor(device))
        self.tty_name = os.ttyname(terminal)
        client = argv or tmux.argv("attach-session", "-t", f"={pane.session}")
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *client],
            stdin=terminal, stdout=terminal, stderr=terminal, env=ENVIRONMENT,
        )  # fmt: skip
        self.pid = self._process.pid
        os.close(terminal)
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        if not argv:
            wait_until_attached(tmux, [self])  # type: ignore[list-item]

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        termios.tcsetwinsize(self._master, (rows, columns))

    def look_away(self) -> None:
        """Reads nothing, so that the terminal takes nothing any more."""
        self._looks.clear()

    def look(self) -> None:
        self._looks.set()

    def leave(self) -> None:
        """Waits until the program is over and all has been read."""
        self.look()
        self._process.wait(PATIENCE_S)
        self._thread.join()
        os.close(self._master)

    def close(self) -> None:
        """Ends it, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        if self._thread.is_alive():
            self.leave()

    @property
    def sent(self) -> bytes:
        """What the server sent: all but what the client says itself when it is detached."""
        return bytes(self.got).replace(_BYE % self._session.encode(), b"")

    def _watch(self) -> None:
        with suppress(OSError):  # the end of the program and its terminal
            while data := os.read(self._master, 4096):
                self.got += data
                self._looks.wait()


class Screen(NamedTuple):
    """What was recorded of the terminal of one server's client: `data` from `offset` on, less what
    `lost` has."""

    offset: int
    data: bytes
    pieces: tuple[ClientOutput, ...]
    lost: tuple[Lost, ...]
    sizes: tuple[TerminalResized, ...]


def screen_of(findings: Iterable[Finding], tty: Tty, server_pid: int) -> Screen:
    """Joined by the recorded offsets, of which none may be missing or there twice; sizes stand
    where they say."""
    pieces, lost, sizes = list[ClientOutput](), list[Lost](), list[TerminalResized]()
    first: int | None = None
    end = 0
    for finding in findings:
        place = finding.place
        if place is None or place.server.tgid != server_pid or place.pane_pid:
            continue
        match finding:
            case ClientOutput() if finding.tty == tty:
                pieces.append(finding)
                size = len(finding.data)
            case Lost(kind="client_output", bytes=int(size)) if finding.tty == tty:
                lost.append(finding)
            case TerminalResized() if finding.tty == tty:
                sizes.append(finding)
                size = 0
            case _:
                continue
        assert first is None or finding.offset == end, (end, finding)
        first = finding.offset if first is None else first
        end = (finding.offset or 0) + size
    data = b"".join(piece.data for piece in pieces)
    return Screen(first or 0, data, tuple(pieces), tuple(lost), tuple(sizes))
