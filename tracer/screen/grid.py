"""The rows of a terminal and those that scrolled off: scrolling, clearing, another height.

Invariant: there are always exactly `rows` rows; the history holds the last HISTORY rows that
scrolled off, as many as growing again can bring back. What is written is canvas.py's, another
width reflow.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tracer.screen.row import Row
from tracer.screen.style import Style

HISTORY: Final = 200
SCROLLED: Final = 2048
SCROLLED_CELLS: Final = 2 << 20
ROW_CELLS: Final = 16  # what a row takes beside its cells


class Grid:
    """Rows of `columns` cells. `scrolled` are the rows that left, `returnable` is how many rows of
    the history were scrolled off, not cleared away: growing brings these back."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self.lines = [Row() for _ in range(rows)]
        self.history: list[Row] = []
        self.returnable = 0
        self.keeps_history = True
        self.scrolled: list[Row] = []
        self._scrolled_cells = 0

    def leave(self, rows: Sequence[Row]) -> None:
        """These rows are no longer seen. Nothing is lost of what a program writes, only of what it
        has filled and scrolled by sequences that are far shorter than their effect."""
        self.scrolled += rows
        for row in rows:
            self._scrolled_cells += len(row.cells) + ROW_CELLS
        if self._scrolled_cells > SCROLLED_CELLS:
            self.keep_scrolled(len(self.scrolled) // 2)

    def take_scrolled(self) -> list[Row]:
        """The rows that left since the last call."""
        taken, self.scrolled, self._scrolled_cells = self.scrolled, [], 0
        return taken

    def keep_scrolled(self, count: int) -> None:
        """Only the last ones of these are kept."""
        if len(self.scrolled) > count:
            self.scrolled = self.scrolled[-count:]
            self._scrolled_cells = sum(len(row.cells) + ROW_CELLS for row in self.scrolled)

    def scroll_up(self, top: int, bottom: int, fill: Style | None) -> None:
        """The row at the top leaves, one comes at the bottom; a single one may stay."""
        if top == bottom and not self.keeps_history:
            return
        row = self.lines.pop(top)
        self.lines.insert(bottom, self._blank(fill))
        self.leave((row,))
        if self.keeps_history:
            self._keep(row)
            self.returnable = min(self.returnable + 1, len(self.history))
        else:
            self.unwrap(top - 1)

    def scroll_down(self, top: int, bottom: int, fill: Style | None) -> None:
        """The row at the bottom leaves, one comes at the top; a single one stays."""
        if top == bottom:
            return
        self.unwrap(top)
        self.lines.pop(bottom)
        self.lines.insert(top, self._blank(fill))
        self.unwrap(top - 1)

    def insert_lines(self, at: int, bottom: int, count: int, fill: Style | None) -> None:
        """Rows come at `at`, those below move towards the bottom."""
        self.unwrap(at + count - 1)
        del self.lines[bottom + 1 - count : bottom + 1]
        self.lines[at:at] = [self._blank(fill) for _ in range(count)]
        self.unwrap(at - 1)

    def push_lines(self, at: int, count: int, fill: Style | None) -> None:
        """The rows from `at` on move down; where they were, and no more, is blank then. So tmux
        inserts rows outside the margins."""
        moved = self.lines[at : self.rows - count]
        if moved:
            self.unwrap(at + count - 1)
        self.lines[at + count :] = moved
        self.lines[at : at + min(count, len(moved))] = [self._blank(fill) for _ in moved[:count]]
        if moved:
            self.unwrap(at - 1)

    def delete_lines(self, at: int, bottom: int, count: int, fill: Style | None) -> None:
        """Rows leave at `at`, those below move up."""
        del self.lines[at : at + count]
        end = bottom + 1 - count
        self.lines[end:end] = [self._blank(fill) for _ in range(count)]
        self.unwrap(at - 1)
        self.unwrap(end - 1)

    def clear_lines(self, start: int, end: int, fill: Style | None) -> None:
        """Rows are replaced by blank ones."""
        if start < end:
            self.lines[start:end] = [self._blank(fill) for _ in range(start, end)]
            self.unwrap(start - 1)

    def clear_screen(self, fill: Style | None) -> None:
        """All rows are replaced; those of the main screen go into the history, as tmux's do."""
        used = 1 + max((n for n, row in enumerate(self.lines) if row.used), default=-1)
        self.leave(self.lines[:used])
        if self.keeps_history and used:
            for row in self.lines[:used]:
                self._keep(row)
            self.returnable = 0
            self.lines = self.lines[used:] + [self._blank(fill) for _ in range(used)]
            used = self.rows - used
            self.clear_lines(0, used, fill)
        else:
            self.clear_lines(0, self.rows, fill)

    def clear_history(self) -> None:
        """What scrolled off is gone."""
        self.history.clear()
        self.returnable = 0

    def unwrap(self, line: int) -> None:
        """The row no longer goes on in the next one; -1 is the last of the history."""
        if line >= 0:
            self.lines[line].is_wrapped = False
        elif self.history:
            self.history[-1].is_wrapped = False

    def resize_rows(self, rows: int, cursor_row: int) -> int:
        """Takes another height as tmux does; where the cursor's row is then."""
        if rows < self.rows:
            cursor_row = self._shrink(self.rows - rows, cursor_row)
        else:
            cursor_row += self._grow(rows - self.rows)
        self.rows = rows
        return cursor_row

    def _shrink(self, count: int, cursor_row: int) -> int:
        """Rows below the cursor go first, then those at the top."""
        below = min(count, self.rows - 1 - cursor_row)
        if below:
            del self.lines[self.rows - below :]
            self.unwrap(self.rows - below - 1)
        above = count - below
        gone, self.lines = self.lines[:above], self.lines[above:]
        if self.keeps_history:
            for row in gone:
                self._keep(row)
            self.returnable = min(self.returnable + above, len(self.history))
        return cursor_row - above

    def _grow(self, count: int) -> int:
        """Brings back what scrolled off, then adds blank rows; how many came back."""
        back = min(count, self.returnable) if self.keeps_history else 0
        if back:
            self.lines[:0] = self.history[-back:]
            del self.history[-back:]
            self.returnable -= back
        self.lines += [Row() for _ in range(count - back)]
        return back

    def _keep(self, row: Row) -> None:
        self.history.append(row)
        if len(self.history) > HISTORY:
            del self.history[0]

    def _blank(self, fill: Style | None) -> Row:
        row = Row()
        if fill is not None:
            row.erase(0, self.columns, fill)
        return row
