"""Clients that come and go: each on a terminal of its own, until it leaves or is told to."""

from __future__ import annotations

import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.kernel.tmux import Pane, Tmux
from tests.kernel.typists import Typist
from tests.patience import PATIENCE_S, eventually
from tracer.model.events import Tty


class Visitor(Typist):
    """Root at a client, which shows its session when this returns."""

    def __init__(self, tmux: Tmux, session: str, *options: str) -> None:
        super().__init__(tmux, Pane(0, session, "", 0, Tty(0, 0)), "root", *options)
        self._is_here = True
        eventually(lambda: self.shown)

    def leave(self) -> None:
        """Waits until it has ended; its terminal is free again."""
        self._client.wait(PATIENCE_S)
        self.close()

    def resize(self, columns: int, rows: int) -> None:
        """Its terminal gets another size, and it is told so."""
        termios.tcsetwinsize(self._keyboard, (rows, columns))

    def close(self) -> None:
        if self._is_here:
            self._is_here = False
            super().close()


Visit = Callable[..., Visitor]


@contextmanager
def visits() -> Iterator[Visit]:
    """Makes visitors; all have gone at the end."""
    made: list[Visitor] = []

    def visit(tmux: Tmux, session: str, *options: str) -> Visitor:
        made.append(Visitor(tmux, session, *options))
        return made[-1]

    try:
        yield visit
    finally:
        for visitor in made:
            visitor.close()
