"""A session that several users share, whose panes keep what they get, and whose letter a byte is.

Invariant: what was typed before `end` has come to the first pane when that returns.
"""

from __future__ import annotations

import os
import shlex
import signal
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tests.kernel.tmux import Pane, Tmux
from tests.kernel.typists import (
    FOURTH,
    USERS,
    Author,
    Sender,
    Typist,
    let_in,
    wait_until_attached,
)
from tests.patience import eventually

END = b"@"
ALPHABETS = ("abcdefgh", "ijklmnop", "qrstuvwx")
DIGITS = "0123456789"


class Reader(NamedTuple):
    """A pane whose program keeps what it gets in a file, byte for byte."""

    pane: Pane
    path: Path

    def got(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""


class Room:
    """A session whose panes are readers, and those who may type there."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.tmux = Tmux(place)
        self.readers: list[Reader] = []
        self.typists: list[Typist] = []

    def open(self, before: str = ":") -> Reader:
        """The first pane. A command sets its terminal up before it reads."""
        path = self._place / "got0"
        self.readers = [Reader(self.tmux.new_session(_reads(path, before)), path)]
        let_in(self.tmux, *USERS, FOURTH)
        eventually(path.exists)
        return self.readers[0]

    def split(self) -> Reader:
        """One more."""
        path = self._place / f"got{len(self.readers)}"
        self.readers.append(Reader(self.tmux.split(self.readers[0].pane, _reads(path)), path))
        eventually(path.exists)
        return self.readers[-1]

    def seat(self, count: int) -> list[Typist]:
        """So many users attach."""
        pane = self.readers[0].pane
        self.typists = [Typist(self.tmux, pane, user) for user in USERS[:count]]
        wait_until_attached(self.tmux, self.typists)
        return self.typists

    @cached_property
    def sender(self) -> Sender:
        """The fourth user, who has no terminal."""
        return Sender(self.tmux, self.readers[0].pane)

    def end(self) -> None:
        """The last that is typed, and what was typed before has come when that has."""
        first = self.readers[0]
        ends = first.got().count(END)
        self.sender.type(END)
        eventually(lambda: first.got().count(END) > ends, lambda: f"{first.got()[-99:]!r}")

    def log(self) -> None:
        """From now on tmux writes what it does."""
        os.kill(self.readers[0].pane.server_pid, signal.SIGUSR2)

    def logged(self) -> bytes:
        (path,) = self._place.glob("tmux-server-*.log")
        return path.read_bytes()

    def letters(self) -> dict[bytes, Author | None]:
        """Whose each key is: letters of the typists, digits and END of the fourth user."""
        pairs = zip(self.typists, ALPHABETS, strict=False)
        mine: dict[bytes, Author | None] = {
            bytes([letter]): typist for typist, letters in pairs for letter in letters.encode()
        }
        return mine | {bytes([char]): self.sender for char in DIGITS.encode() + END}

    def close(self) -> None:
        for typist in self.typists:
            typist.close()
        self.tmux.close()


def _reads(path: Path, before: str = ":") -> str:
    return f"stty raw -echo\n{before}\nexec cat >{shlex.quote(str(path))}"
