"""A terminal's screen: what it shows after the bytes that a program wrote to it.

Invariant: it shows what tmux's `capture-pane -e` shows after the same bytes and sizes. It takes any
bytes, in any pieces, and never raises; it is bounded by its size. What is shown is hostile text.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.screen.canvas import Canvas
from tracer.screen.controls import Controls
from tracer.screen.grid import SCROLLED
from tracer.screen.parser import Parser
from tracer.screen.row import Row

LARGEST: Final = 1000
MOST_CELLS: Final = 1 << 17  # three bytes fill a screen: what that costs is bounded, too


class Cursor(NamedTuple):
    """Where the cursor is, counted from 0. A column equal to the screen's columns: the next
    character goes into the next row."""

    row: int
    column: int
    is_visible: bool


class Screen:
    """A screen of so many columns and rows. More than fitting() gives is taken as that."""

    def __init__(self, columns: int, rows: int) -> None:
        self.canvas = Canvas(*fitting(columns, rows))
        self.controls = Controls(self.canvas)
        self.parser = Parser(self.controls)

    @property
    def columns(self) -> int:
        return self.canvas.grid.columns

    @property
    def rows(self) -> int:
        return self.canvas.grid.rows

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.canvas.y, self.canvas.x, self.canvas.is_visible)

    @property
    def title(self) -> str:
        """As the program set it: hostile."""
        return self.controls.title

    @property
    def is_alternate(self) -> bool:
        """Whether a full-screen program's screen is shown, not the main one."""
        return self.canvas.saved_rows is not None

    @property
    def lines(self) -> list[Row]:
        """The visible rows, from the top. A row keeps its identity as it scrolls."""
        return self.canvas.grid.lines

    @property
    def scrolled(self) -> list[Row]:
        """The rows that left the screen since take_scrolled(), oldest first: scrolled off, cleared
        with the whole screen, or shown as the alternate screen was left. Who doesn't take them
        after each feed() finds the last ones only."""
        return self.canvas.grid.scrolled

    def take_scrolled(self) -> list[Row]:
        """Gives `scrolled`, which is empty then."""
        return self.canvas.grid.take_scrolled()

    def feed(self, data: bytes) -> None:
        """What the program wrote, in any pieces (of 64 KiB at most, better)."""
        self.canvas.grid.keep_scrolled(SCROLLED)
        self.parser.feed(data)

    def resize(self, columns: int, rows: int) -> None:
        """The terminal got another size."""
        self.canvas.resize(*fitting(columns, rows))


def fitting(columns: int, rows: int) -> tuple[int, int]:
    """The size of a screen that can be: 1 to LARGEST columns, and as many rows, of no more than
    MOST_CELLS in all."""
    columns = max(1, min(columns, LARGEST))
    return columns, max(1, min(rows, LARGEST, MOST_CELLS // columns))
