"""Another width: rows that wrapped are wrapped anew, the history's too.

Invariant: no written cell is lost but those that leave the history; the cursor stays at its
character. The order of steps is tmux's, since its results depend on it.
"""

from __future__ import annotations

from tracer.screen.grid import HISTORY, Grid
from tracer.screen.row import Row


def reflow(grid: Grid, x: int, y: int) -> tuple[int, int]:
    """Wraps all rows of a grid at its new width; where the cursor is then."""
    rows = grid.history + grid.lines
    place = _unwrapped(rows, x, len(grid.history) + y)
    rows = _Reflow(rows, grid.columns, grid.returnable).run(grid)
    rows += [Row() for _ in range(grid.rows - len(rows))]
    column, line = _wrapped(rows, *place)
    first = len(rows) - grid.rows
    grid.history, grid.lines = rows[max(0, first - HISTORY) : first], rows[first:]
    grid.returnable = min(grid.returnable, len(grid.history))
    return (column, line - first) if line >= first else (0, 0)


def _unwrapped(rows: list[Row], x: int, y: int) -> tuple[int | None, int]:
    """A place as its cell (None: the end) and its line, both counted without wrapping."""
    cells = lines = 0
    for row in rows[:y]:
        if row.is_wrapped:
            cells += row.used
        else:
            cells, lines = 0, lines + 1
    return (None if x >= rows[y].used else cells + x), lines


def _wrapped(rows: list[Row], cell: int | None, line: int) -> tuple[int, int]:
    """The column and the row of such a place."""
    y, last = 0, len(rows) - 1
    while y < last and line:
        line -= not rows[y].is_wrapped
        y += 1
    if cell is None:
        while y < last and rows[y].is_wrapped:
            y += 1
        return rows[y].used, y
    while y < last and rows[y].is_wrapped and cell >= rows[y].used:
        cell -= rows[y].used
        y += 1
    return cell, y


class _Reflow:
    """The rows before and those after, while they are wrapped anew."""

    def __init__(self, rows: list[Row], columns: int, returnable: int) -> None:
        self.source: list[Row | None] = list(rows)  # None: joined to one before
        self.target: list[Row] = []
        self.columns = columns
        self.returnable = returnable

    def run(self, grid: Grid) -> list[Row]:
        """All rows at the new width."""
        for place, row in enumerate(self.source):
            if row is None:
                continue
            row.pad(row.used)
            self.target.append(row)
            size = row.used
            if size > self.columns:
                self._split(place, row)
            elif size < self.columns and row.is_wrapped:
                self._join(place, row, size)
        for row in self.target:
            row.crop(self.columns)
        grid.returnable = self.returnable
        return self.target

    def _split(self, place: int, row: Row) -> None:
        """Gives what is too much for a row to new ones, the last of which may take more."""
        was_wrapped, used, count = row.is_wrapped, row.used, 0
        start = end = max(_fitting(row, 0, self.columns), 1)
        last = row
        while end < used:
            start = end
            end = start + max(_fitting(row, start, self.columns), 1)
            last.is_wrapped = True
            last = _part(row, start, min(end, used))
            self.target.append(last)
            count += 1
        last.is_wrapped = was_wrapped
        row.crop(_fitting(row, 0, self.columns) or 1)
        if place <= self.returnable:
            self.returnable += count
        size = last.used
        if was_wrapped and size < self.columns:
            self._join(place, last, size)

    def _join(self, place: int, row: Row, size: int) -> None:
        """Fills a row that wrapped with what came after it."""
        end = place + 1
        taken = None
        goes_on = True
        while goes_on and size < self.columns and end < len(self.source):
            following = self.source[end]
            assert following is not None  # only rows before are joined already
            goes_on = following.is_wrapped
            following.pad(following.used)
            count = _fitting(following, 0, self.columns - size)
            if following.used and not count:
                break
            if not following.used and not goes_on:
                break
            _append(row, following, count)
            size = row.used
            taken = following
            if count < following.used:
                _drop(following, count)
                goes_on = True
                break
            end += 1
        if taken is None:
            return
        if not goes_on:
            row.is_wrapped = False
        joined = end - place - 1
        self.source[place + 1 : end] = [None] * joined
        here = len(self.target) - 1
        if self.returnable > here + joined:
            self.returnable -= joined
        elif self.returnable > here:
            self.returnable = here


def _fitting(row: Row, start: int, columns: int) -> int:
    """How many cells from `start` on fit into so many columns; a wide character is not divided."""
    end = min(start + columns, row.used)
    if row.has_wide and end < len(row.cells) and end > start and not row.cells[end]:
        end -= 1
    return end - start


def _part(row: Row, start: int, end: int) -> Row:
    part = Row()
    part.cells, part.styles = row.cells[start:end], row.styles[start:end]
    part.used, part.has_wide = end - start, row.has_wide
    return part


def _append(row: Row, following: Row, count: int) -> None:
    end = row.used + count
    row.cells[row.used : end] = following.cells[:count]
    row.styles[row.used : end] = following.styles[:count]
    row.used = end
    row.has_wide |= following.has_wide
    row.is_dirty = True


def _drop(row: Row, count: int) -> None:
    row.crop(row.used)
    del row.cells[:count], row.styles[:count]
    row.used -= count
    row.is_dirty = True
