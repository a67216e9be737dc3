"""The picture that the player shows: a screen, or the part of it that fits, and lines of our own.

Invariant: only lines that differ from what was painted before are painted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tracer.cli.player_cells import blank, found_in, row_text
from tracer.screen.screen import Screen


class Window(NamedTuple):
    """The part of a screen that is shown: its first column and row, and how many of each."""

    left: int
    top: int
    columns: int
    rows: int

    def clips(self, screen: Screen) -> bool:
        """Whether there is more than that."""
        return screen.columns > self.columns or screen.rows > self.rows


class Painter:
    """Paints on a terminal of so many columns and rows, whose last row is for the status."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._painted: list[str] = []
        self._left = self._top = 0

    def window(self, screen: Screen) -> Window:
        """What of it is shown: where the cursor is, and no further from where it was than that
        needs."""
        columns, rows = self.columns, max(1, self.rows - 1)
        cursor = screen.cursor
        self._left = _follow(self._left, cursor.column, columns, screen.columns)
        self._top = _follow(self._top, cursor.row, rows, screen.rows)
        return Window(self._left, self._top, columns, rows)

    def paint(self, screen: Screen, status: str, wanted: str, over: Sequence[str] = ()) -> str:
        """What to write to the terminal. `status`: the last line, drawn already; `wanted`: text
        that stands out; `over`: lines, drawn already, over the first ones."""
        window = self.window(screen)
        lines = [*self._lines(screen, window, wanted), status]
        lines[: len(over)] = over[: len(lines) - 1]
        before, self._painted = self._painted, lines
        changed = [
            f"\x1b[{number + 1}H{line}"
            for number, line in enumerate(lines)
            if number >= len(before) or before[number] != line
        ]
        return (
            f"\x1b[?25l{''.join(changed)}{_cursor(screen, window)}"
            if changed
            else (_cursor(screen, window))
        )

    def _lines(self, screen: Screen, window: Window, wanted: str) -> list[str]:
        lines = []
        for number in range(window.top, window.top + self.rows - 1):
            if number < screen.rows:
                row = screen.lines[number]
                marked = found_in(row, wanted) if wanted else ()
                text = row_text(row, window.left, window.left + window.columns, marked)
                lines.append(text + _edge(screen, window))
            else:
                is_edge = number == screen.rows
                lines.append(blank("─" * min(screen.columns, self.columns) if is_edge else ""))
        return lines


def _follow(first: int, cursor: int, room: int, size: int) -> int:
    cursor = min(cursor, size - 1)
    first = min(max(first, cursor - room + 1), cursor)
    return max(0, min(first, size - room))


def _edge(screen: Screen, window: Window) -> str:
    # Where the recording is narrower than the terminal.
    if screen.columns >= window.columns:
        return ""
    return f"\x1b[m\x1b[{screen.columns + 1}G\x1b[2m│\x1b[m"


def _cursor(screen: Screen, window: Window) -> str:
    row, column, is_visible = screen.cursor
    line, place = row - window.top, min(column, screen.columns - 1) - window.left
    if not is_visible or not (0 <= line < window.rows and 0 <= place < window.columns):
        return "\x1b[?25l"
    return f"\x1b[{line + 1};{place + 1}H\x1b[?25h"
