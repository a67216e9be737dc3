"""Cells of a screen as text for the operator's terminal.

Invariant: each cell becomes printable characters that take as many columns as the model says, or a
sign in their place; behind each that isn't ASCII the cursor is put where it belongs, whatever that
terminal made of it. All sequences are ours.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from itertools import groupby
from typing import Final

from tracer.codec.safe import columns_of, safe_text
from tracer.screen.paint import sgr
from tracer.screen.row import Row
from tracer.screen.style import PLAIN, Style

UNSHOWN: Final = "\ufffd"
"""Stands for what can't be shown."""

_MAX_MARKS: Final = 4
"""Combining characters of one cell that are drawn."""


def row_text(row: Row, start: int, end: int, marked: Collection[int] = ()) -> str:
    """The cells of these columns from the terminal's first column on, in colour; blank behind.
    `marked`: columns that stand out."""
    cells = [
        (_style(row.styles[column], column in marked), _drawn(row, column, start, end))
        for column in range(start, min(end, len(row.cells)))
    ]
    parts = ["\x1b[m\x1b[K"]
    for style, run in groupby(cells, key=lambda cell: cell[0]):
        parts += (sgr(style), *(text for _, text in run))
    return "".join(parts)


def found_in(row: Row, text: str) -> set[int]:
    """The columns in which this text stands, in any case of letters."""
    shown = "".join(cell.lower()[:1] if cell else "" for cell in row.cells)
    columns = [column for column, cell in enumerate(row.cells) if cell.lower()[:1]]
    wanted, found, place = text.lower(), set[int](), -1
    while wanted and (place := shown.find(wanted, place + 1)) >= 0:
        found.update(columns[place : place + len(wanted)])
    return found


@lru_cache(8192)
def cell_text(cell: str, columns: int) -> str:
    """What is drawn for a cell of so many columns."""
    base, marks = cell[:1], cell[1:]
    if safe_text(base) != base or columns_of(base) != columns:
        return UNSHOWN + " " * (columns - 1)
    kept = [mark for mark in marks if safe_text(mark) == mark and columns_of(mark) == 0]
    return base + "".join(kept[:_MAX_MARKS])


def _drawn(row: Row, column: int, start: int, end: int) -> str:
    cell = row.cells[column]
    if not cell:  # the right half of what began before, maybe outside
        return " " if column == start else ""
    is_wide = row.cells[column + 1 : column + 2] == [""]
    if is_wide and column + 1 >= end:
        return " "
    text = cell_text(cell, 2 if is_wide else 1)
    behind = column - start + (2 if is_wide else 1)
    return text if text.isascii() or behind >= end - start else f"{text}\x1b[{behind + 1}G"


def _style(style: Style, is_marked: bool) -> Style:
    return style._replace(reverse=not style.reverse, bold=True) if is_marked else style


def blank(text: str = "") -> str:
    """A row that isn't the recording's."""
    return f"\x1b[m\x1b[K{sgr(PLAIN._replace(dim=True))}{text}" if text else "\x1b[m\x1b[K"
