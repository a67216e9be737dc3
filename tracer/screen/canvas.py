"""Writing into the grid: the cursor, its margins and modes, text, and what erases or moves it.

Invariant: the cursor is in the grid, or just right of a row's last cell: the next character wraps
then. All clamps its counts to the screen. Behaviour is tmux's, odd as it is in places; what a byte
sequence asks for is controls.py's.
"""

from __future__ import annotations

from typing import Final

from tracer.screen.grid import Grid
from tracer.screen.reflow import reflow
from tracer.screen.row import Row
from tracer.screen.style import PLAIN, Style
from tracer.screen.width import width

TAB: Final = 8
CELL_BYTES: Final = 21
JOINER: Final = "\u200d"


def fill_of(style: Style) -> Style | None:
    """What erasing leaves: the background, None if it is plain."""
    return None if style.background is None else Style(background=style.background)


class Canvas:
    """A grid with a cursor. `fill` is what erasing leaves: the background, None if plain."""

    def __init__(self, columns: int, rows: int) -> None:
        self.grid = Grid(columns, rows)
        self.x = 0
        self.y = 0
        self.joins = False  # the next character joins the one before: a joiner came
        self.style = PLAIN
        self.fill: Style | None = None
        self.saved_rows: list[Row] | None = None
        self.saved_size = (columns, rows)
        self.saved_cursor: tuple[int, int] | None = None
        self.saved_style = PLAIN
        self.reset_modes()

    def reset_modes(self) -> None:
        """As a new terminal has them: margins, tab stops, modes."""
        self.is_visible = True
        self.wraps = True
        self.inserts = False
        self.has_origin = False
        self.reset_margins()
        self.reset_tabs()

    def reset_margins(self) -> None:
        """The whole screen scrolls."""
        self.top, self.bottom = 0, self.grid.rows - 1

    def reset_tabs(self) -> None:
        """A stop at each eighth column."""
        self.tabs = set(range(TAB, self.grid.columns, TAB))

    def set_style(self, style: Style) -> None:
        """What is drawn from now on looks like that."""
        self.style, self.fill = style, fill_of(style)

    # Text

    def put(self, text: str) -> None:
        """Writes printable ASCII."""
        if not self.wraps or self.inserts:
            for character in text:
                self.put_one(character, 1)
            return
        grid, size, place = self.grid, len(text), 0
        while place < size:
            if self.x >= grid.columns:
                self._wrap()
            piece = text[place : place + grid.columns - self.x]
            grid.lines[self.y].write(self.x, piece, self.style)
            self.x += len(piece)
            place += len(piece)

    def put_wide(self, text: str) -> None:
        """Writes any other characters."""
        if not self.joins and all(width(character) == 1 for character in set(text)):
            self.put(text)
            return
        for character in text:
            cells = width(character)
            if character == JOINER:
                self.joins = True
            elif cells > 0 and not self.joins:
                self.put_one(character, cells)
            elif cells >= 0:
                self._combine(JOINER * self.joins)
                self._combine(character)
                self.joins = False

    def put_one(self, character: str, cells: int) -> None:
        """Writes a character of that many cells, as the modes say."""
        columns = self.grid.columns
        fits = columns - cells
        if not self.wraps and cells > 1 and (fits < 0 or fits < self.x != columns):
            return
        if self.inserts and self.x < columns:
            self._shift(cells, None)
        if self.wraps and self.x > fits:
            self._wrap()
        if self.x > fits:
            return
        row = self.grid.lines[self.y]
        if cells == 1:
            row.write(self.x, character, self.style)
        else:
            row.write_wide(self.x, character, self.style)
        last = columns - (not self.wraps)
        self.x = min(self.x + cells, last)

    def _combine(self, character: str) -> None:
        """Puts a character onto the one left of the cursor, if there is one and room."""
        row = self.grid.lines[self.y]
        place = self.x - 1
        while 0 < place < len(row.cells) and not row.cells[place]:
            place -= 1
        if place < 0 or not character:
            return
        row.pad(place + 1)
        combined = row.cells[place] + character
        if len(combined.encode()) <= CELL_BYTES:
            row.cells[place] = combined
            row.used = max(row.used, place + 1)
            row.is_dirty = True

    def _wrap(self) -> None:
        self.grid.lines[self.y].is_wrapped = True
        self.line_feed(None)
        self.x = 0

    # Cursor

    def line_feed(self, fill: Style | None) -> None:
        """One row down; the margins' rows scroll at their bottom."""
        if self.y == self.bottom:
            self.grid.scroll_up(self.top, self.bottom, fill)
        elif self.y < self.grid.rows - 1:
            self.y += 1

    def reverse_index(self) -> None:
        """One row up; the margins' rows scroll at their top."""
        if self.y == self.top:
            self.grid.scroll_down(self.top, self.bottom, self.fill)
        elif self.y > 0:
            self.y -= 1

    def back_space(self) -> None:
        """One cell left, and from the first one to the end of the row that wrapped into it."""
        if self.x > 0:
            self.x -= 1
        elif self.y > 0 and self.grid.lines[self.y - 1].is_wrapped:
            self.y -= 1
            self.x = self.grid.columns - 1

    def tab(self) -> None:
        """To the next tab stop."""
        last = self.grid.columns - 1
        while self.x < last:
            self.x += 1
            if self.x in self.tabs:
                break

    def set_tab(self) -> None:
        """A stop at the cursor."""
        if self.x < self.grid.columns:
            self.tabs.add(self.x)

    def back_tab(self, count: int) -> None:
        """To an earlier tab stop."""
        self.x = min(self.x, self.grid.columns - 1)
        while self.x > 0 and count > 0:
            self.x -= 1
            count -= self.x in self.tabs

    def up(self, count: int) -> None:
        """Up, not beyond the margin."""
        self.y -= min(count, self.y - self.top if self.y >= self.top else self.y)
        self._leave_edge()

    def down(self, count: int) -> None:
        """Down, not beyond the margin."""
        limit = self.bottom if self.y <= self.bottom else self.grid.rows - 1
        self.y += min(count, limit - self.y)
        self._leave_edge()

    def left(self, count: int) -> None:
        """Left; from beyond the last cell into it."""
        self.x = max(self.x - count, 0)

    def right(self, count: int) -> None:
        """Right, to the last cell at most."""
        self.x = min(self.x + count, self.grid.columns - 1)

    def move(self, column: int | None, line: int | None) -> None:
        """To a place, counted from the margin in origin mode; None stays."""
        if line is not None:
            if self.has_origin:
                line = self.bottom if line > self.bottom - self.top else line + self.top
            self.y = min(line, self.grid.rows - 1)
        if column is not None:
            self.x = min(column, self.grid.columns - 1)

    def restore(self, x: int, y: int) -> None:
        """To a place that was saved, maybe when the screen was bigger."""
        self.x, self.y = min(x, self.grid.columns - 1), min(y, self.grid.rows - 1)

    def _leave_edge(self) -> None:
        self.x = min(self.x, self.grid.columns - 1)

    def set_margins(self, top: int, bottom: int) -> None:
        """Only these rows scroll; the cursor goes home."""
        last = self.grid.rows - 1
        top, bottom = min(top, last), min(bottom, last)
        if top < bottom:
            self.top, self.bottom = top, bottom
            self.x = self.y = 0

    # Erasing and moving

    def erase_right(self) -> None:
        """From the cursor to the end of the row."""
        row = self.grid.lines[self.y]
        if self.x == 0:
            self.erase_row()
        elif self.x < self.grid.columns and (self.fill or self.x < len(row.cells)):
            row.erase(self.x, self.grid.columns, self.fill)

    def erase_left(self) -> None:
        """From the start of the row to the cursor."""
        if self.x >= self.grid.columns - 1:
            self.erase_row()
        else:
            self.grid.lines[self.y].erase(0, self.x + 1, self.fill)

    def erase_row(self) -> None:
        """The cursor's row."""
        row = self.grid.lines[self.y]
        if row.cells or row.used or self.fill:
            self.grid.clear_lines(self.y, self.y + 1, self.fill)

    def erase_below(self) -> None:
        """From the cursor to the end of the screen."""
        if self.x == 0 and self.y == 0 and self.grid.keeps_history:
            self.grid.clear_screen(self.fill)
            return
        if self.x == 0:
            self.grid.clear_lines(self.y, self.y + 1, self.fill)
        elif self.x < self.grid.columns:
            self.grid.lines[self.y].erase(self.x, self.grid.columns, self.fill)
        self.grid.clear_lines(self.y + 1, self.grid.rows, self.fill)

    def clear(self) -> None:
        """The whole screen; the cursor stays."""
        self.grid.clear_screen(self.fill)

    def forget(self) -> None:
        """What scrolled off is gone."""
        self.grid.clear_history()

    def erase_above(self) -> None:
        """From the start of the screen to the cursor."""
        self.grid.clear_lines(0, self.y, self.fill)
        if self.x >= self.grid.columns - 1:
            self.grid.clear_lines(self.y, self.y + 1, self.fill)
        else:
            self.grid.lines[self.y].erase(0, self.x + 1, self.fill)

    def erase_characters(self, count: int) -> None:
        """From the cursor on, without moving what is right of them."""
        end = min(self.x + count, self.grid.columns)
        if self.x == 0 and end == self.grid.columns:
            self.grid.clear_lines(self.y, self.y + 1, self.fill)
        elif self.x < end:
            self.grid.lines[self.y].erase(self.x, end, self.fill)

    def insert_characters(self, count: int) -> None:
        """Blanks at the cursor; what is right of them moves right."""
        if self.x < self.grid.columns:
            self._shift(count, self.fill)

    def delete_characters(self, count: int) -> None:
        """What is right of them moves left."""
        columns = self.grid.columns
        if self.x == 0 and count >= columns:
            self.grid.clear_lines(self.y, self.y + 1, self.fill)
        elif self.x < columns:
            count = min(count, columns - self.x)
            self.grid.lines[self.y].delete(self.x, count, columns, self.fill)

    def _shift(self, count: int, fill: Style | None) -> None:
        columns = self.grid.columns
        row = self.grid.lines[self.y]
        if self.x == columns - 1:
            row.erase(self.x, columns, fill)
        else:
            row.insert(self.x, count, columns, fill)

    def insert_lines(self, count: int) -> None:
        """Blank rows at the cursor's; those below move down."""
        if self.top <= self.y <= self.bottom:
            count = min(count, self.bottom + 1 - self.y)
            self.grid.insert_lines(self.y, self.bottom, count, self.fill)
        else:
            self.grid.push_lines(self.y, min(count, self.grid.rows - self.y), self.fill)

    def delete_lines(self, count: int) -> None:
        """Rows from the cursor's on; those below move up."""
        bottom = self.bottom if self.top <= self.y <= self.bottom else self.grid.rows - 1
        self.grid.delete_lines(self.y, bottom, min(count, bottom + 1 - self.y), self.fill)

    def scroll_up(self, count: int) -> None:
        """The margins' rows move up."""
        for _ in range(min(count, self.bottom - self.top + 1)):
            self.grid.scroll_up(self.top, self.bottom, self.fill)

    def scroll_down(self, count: int) -> None:
        """The margins' rows move down."""
        for _ in range(min(count, self.bottom - self.top + 1)):
            self.grid.scroll_down(self.top, self.bottom, self.fill)

    def align(self) -> None:
        """Fills the screen with E."""
        for row in self.grid.lines:
            row.write(0, "E" * self.grid.columns, PLAIN)
        self.reset_margins()
        self.x = self.y = 0

    # Screens and sizes

    def enter_alternate(self, with_cursor: bool) -> None:
        """Puts the main screen aside; it comes back as it is now."""
        grid = self.grid
        if self.saved_rows is not None:
            return
        self.saved_rows, self.saved_size = grid.lines, (grid.columns, grid.rows)
        if with_cursor:
            self.saved_cursor = (self.x, self.y)
        self.saved_style = self.style
        grid.lines = [Row() for _ in range(grid.rows)]
        grid.unwrap(-1)
        grid.keeps_history = False

    def leave_alternate(self, with_cursor: bool) -> None:
        """Brings the main screen back, the cursor too if it was saved; also when that is shown."""
        grid, size, rows = self.grid, (self.grid.columns, self.grid.rows), self.saved_rows
        if rows is not None:
            grid.leave(grid.lines)
            self.saved_rows = None
            self.resize(*self.saved_size)
        if with_cursor and self.saved_cursor is not None:
            self.x, self.y = self.saved_cursor
            self.set_style(self.saved_style)
        if rows is not None:
            grid.lines = rows
            grid.keeps_history = True
            self.resize(*size)
        self.restore(self.x, self.y)

    def resize(self, columns: int, rows: int) -> None:
        """Takes another size as tmux does: the main screen is wrapped anew."""
        grid = self.grid
        was = grid.columns
        grid.columns = columns
        if rows != grid.rows:
            self.y = max(grid.resize_rows(rows, self.y), 0)
            self.reset_margins()
        if columns != was:
            self.reset_tabs()
            if self.saved_rows is None:
                self.x, self.y = reflow(grid, self.x, self.y)
            else:
                for row in grid.lines:
                    row.crop(columns)
        self.x, self.y = min(self.x, columns), min(self.y, rows - 1)
