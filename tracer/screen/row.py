"""One row of a terminal: a character and a style for each cell.

Invariant: `cells` and `styles` are of one length; what is right of them is blank and plain. The
cell right of a wide character is empty (""). Where rows stand is grid.py's.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from tracer.screen.style import PLAIN, Style
from tracer.screen.width import width


class Row:
    """A row. It keeps its identity while it scrolls.

    `used` is how many cells were ever written to: what tmux takes along when it reflows.
    """

    __slots__ = ("cells", "has_wide", "is_dirty", "is_wrapped", "styles", "used")

    def __init__(self) -> None:
        self.cells: list[str] = []
        self.styles: list[Style] = []
        self.used = 0
        self.has_wide = False
        self.is_wrapped = False
        self.is_dirty = True

    def text(self) -> str:
        """What can be read in it, without the blanks at its end."""
        return "".join(self.cells).rstrip(" ")

    def runs(self) -> list[tuple[str, Style]]:
        """Text and style of each run of cells that look the same."""
        pairs = zip(self.cells, self.styles, strict=True)
        return [
            ("".join(cell for cell, _ in run), style)
            for style, run in groupby(pairs, key=itemgetter(1))
        ]

    def write(self, start: int, text: str, style: Style) -> None:
        """Puts characters of one cell each."""
        cells, size = self.cells, len(text)
        end = start + size
        if len(cells) < start:
            self.pad(start)
        if self.has_wide:
            self.split(start, end)
        cells[start:end] = text
        self.styles[start:end] = [style] * size
        self.used = max(self.used, end)
        self.is_dirty = True

    def write_wide(self, start: int, character: str, style: Style) -> None:
        """Puts a character of two cells."""
        self.write(start, "  ", style)
        self.cells[start : start + 2] = character, ""
        self.has_wide = True

    def split(self, start: int, end: int) -> None:
        """Blanks the other half of each wide character that is overwritten in part."""
        cells = self.cells
        place = start
        while 0 < place < len(cells) and not cells[place]:
            place -= 1
        if place < start < len(cells):
            self.blank(place, start)
        for place in range(end, len(cells)):
            if cells[place]:
                break
            self.blank(place, place + 1)

    def blank(self, start: int, end: int) -> None:
        """Makes cells within the row blank and plain."""
        self.cells[start:end] = " " * (end - start)
        self.styles[start:end] = [PLAIN] * (end - start)

    def erase(self, start: int, end: int, fill: Style | None) -> None:
        """Clears cells, in a background if there is one."""
        cells = self.cells
        if self.has_wide:
            self.split(start, end)
        if fill is None and end >= len(cells):
            del cells[start:], self.styles[start:]
        elif start < end:
            if len(cells) < start:
                self.pad(start)
            cells[start:end] = " " * (end - start)
            self.styles[start:end] = [fill or PLAIN] * (end - start)
        self.is_dirty = True

    def insert(self, start: int, count: int, columns: int, fill: Style | None) -> None:
        """Moves the cells from `start` on to the right. Where they were, and no more, is cleared:
        tmux inserts no more blanks than cells that are moved."""
        size = columns - start - count
        if size > 0:
            self._copy(start, start + count, size, columns)
            self.erase(start, start + min(count, size), fill)
            self.mend()

    def delete(self, start: int, count: int, columns: int, fill: Style | None) -> None:
        """Moves the cells right of `count` ones to the left."""
        size = columns - start - count
        if size > 0:
            self._copy(start + count, start, size, columns)
        self.erase(columns - count, columns, fill)
        self.mend()

    def _copy(self, source: int, target: int, size: int, columns: int) -> None:
        self.pad(columns)
        cells, styles = self.cells, self.styles
        cells[target : target + size] = cells[source : source + size]
        styles[target : target + size] = styles[source : source + size]
        self.used = max(self.used, target + size)

    def mend(self) -> None:
        """Blanks halves of wide characters that lost the other half."""
        cells = self.cells
        if not self.has_wide:
            return
        for place, cell in enumerate(cells):
            if cell:
                is_half = width(cell[0]) == 2 and cells[place + 1 : place + 2] != [""]
            else:
                is_half = place == 0 or width(cells[place - 1][:1] or " ") < 2
            if is_half:
                self.blank(place, place + 1)

    def pad(self, end: int) -> None:
        """Makes the row at least that long."""
        missing = end - len(self.cells)
        if missing > 0:
            self.cells.extend(" " * missing)
            self.styles.extend([PLAIN] * missing)

    def crop(self, columns: int) -> None:
        """Makes the row no longer than that."""
        if len(self.cells) > columns:
            del self.cells[columns:], self.styles[columns:]
            self.is_dirty = True
            self.mend()
        self.used = min(self.used, columns)
