"""The row that a terminal's cursor is in, and the rows that output finishes.

Invariant: each character that was drawn is in a row, unless it was taken back before its row was
finished: overtyped in the middle of the row, or erased there. A row that is drawn over from its
beginning is a row of its own before that. This is no screen: what a full-screen program draws
comes out in the pieces that it is drawn in.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

ROW_CHARS: Final = 4096
_TAB: Final = 8
SCREEN_COLUMNS: Final = 80  # where an event doesn't say

# ECMA-48 and xterm's ctlseqs: what draws no text and moves no cursor: colours, modes, titles and
# all other strings. Bounded: a sequence that goes on for longer is not one.
_UNSEEN: Final = re.compile(
    r"""
      \x1b\[ [0-?]{0,64} [ -/]? [IL-OQ-WYZ\[-_a-ceg-~]
    | \x1b[\]PX^_k] [^\x07\x1b]{0,4096} (?: \x07 | \x1b\\ )
    | \x1b[()*+][0-9A-Za-z] | \x1b[78=>]
    | \x1b (?: \[[0-?]{0,64}[ -/]? )? (?= \x1b )  # cancelled by the next
    | \x1b[\]PX^_k] [^\x07\x1b]{0,4096} (?= \x1b[^\\] )
    | [\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]
    """,
    re.VERBOSE,
)
_UNFINISHED: Final = re.compile(
    r"\x1b (?: \[[0-?]{0,64}[ -/]? | [\]PX^_k][^\x07\x1b]{0,4096}\x1b? | [()*+]? ) \Z", re.VERBOSE
)
_TOKEN: Final = re.compile(
    r"(?P<text>[^\x00-\x1f]+) | \x1b\[(?P<number>[0-9]{0,5})[0-?]*[ -/]?(?P<final>[@-~]) | \x1b?.",
    re.VERBOSE | re.DOTALL,
)
_ROW_ENDS: Final = frozenset(("\x0b", "\x0c", "\x1bM", "\x1bD", "\x1bE"))


class Terminal:
    """The unfinished row of one terminal; a wide character takes a cell and an empty one."""

    def __init__(self) -> None:
        self._cells: list[str] = []
        self._column = 0
        self._held = ""  # of a sequence that isn't complete
        self._is_redrawn = True  # from its beginning on, and the same so far
        self._width = SCREEN_COLUMNS
        self._rows: list[str] = []

    @property
    def row(self) -> str:
        """What stands in it so far."""
        return "".join(self._cells).rstrip(" ")

    def state(self) -> list[Any]:
        """What from_state() makes the same terminal of, for JSON."""
        return [self._cells, self._column, self._held, self._is_redrawn]

    @classmethod
    def from_state(cls, state: list[Any]) -> Terminal:
        """The terminal that this was the state of."""
        terminal = cls()
        terminal._cells, terminal._column, terminal._held, terminal._is_redrawn = state
        return terminal

    def feed(self, text: str, width: int = SCREEN_COLUMNS) -> list[str]:
        """The rows that `text` finishes, blank ones left out; `width`: columns of the terminal."""
        self._width, self._rows = width, []
        text = self._without_unseen(self._held + text)
        *lines, rest = text.split("\n")
        for line in lines:
            plain = line.rstrip("\r")
            if not self._cells and not self._column and plain.isprintable():
                self._give(plain)
            else:
                self._draw(plain)
                self._finish()
        if rest:
            self._draw(rest)
        return self._rows

    def _without_unseen(self, text: str) -> str:
        self._held = ""
        if text.isprintable():
            return text
        text = _UNSEEN.sub("", text)
        if "\x1b" in text and (unfinished := _UNFINISHED.search(text)):
            self._held = unfinished[0]
            return text[: unfinished.start()]
        return text

    def _draw(self, line: str) -> None:
        for token in _TOKEN.finditer(line):
            if token["text"]:
                self._put(_cells_of(token["text"]))
            elif token["final"]:
                self._move_or_erase(token["final"], int(token["number"] or 0))
            else:
                self._control(token[0])

    def _control(self, char: str) -> None:
        match char:
            case "\r":
                self._go_to(self._screen_row())
            case "\b":
                self._go_to(self._column - 1)
            case "\t":
                self._go_to(self._column + _TAB - self._column % _TAB)
            case _ if char in _ROW_ENDS:
                self._finish()

    def _move_or_erase(self, final: str, number: int) -> None:
        count = number or 1
        match final:
            case "C":
                self._go_to(self._column + count)
            case "D":
                self._go_to(self._column - count)
            case "G" | "`":
                self._go_to(self._screen_row() + count - 1)
            case "A" if self._column >= count * self._width:
                self._column -= count * self._width  # within a row that fills several of a screen
            case "K" | "J":
                self._erase(final, number)
            case "P":
                del self._cells[self._column : self._column + count]
            case "@":
                self._cells[self._column : self._column] = [" "] * min(count, ROW_CHARS)
            case "X":
                self._blank(self._column, self._column + count)
            case _:
                self._finish()

    def _erase(self, final: str, which: int) -> None:
        if which or (self._is_redrawn and self._column < len(self._cells)):
            self._give(self.row)
            self._is_redrawn = False
        if which >= 2 or (not which and final == "J"):
            del self._cells[self._column if not which else 0 :]
        elif which == 1:
            self._blank(0, self._column + 1)
        else:
            end = self._screen_row() + self._width
            if end >= len(self._cells):
                del self._cells[self._column :]
            else:
                self._blank(self._column, end)

    def _put(self, cells: list[str]) -> None:
        end = self._column + len(cells)
        before = self._cells[self._column : end]
        if self._is_redrawn and before != cells[: len(before)]:
            self._give(self.row)
            self._is_redrawn = False
        if self._column > len(self._cells):
            self._cells += [" "] * (self._column - len(self._cells))
        self._cells[self._column : end] = cells
        self._column = end
        if len(self._cells) > ROW_CHARS:
            self._finish()

    def _blank(self, start: int, end: int) -> None:
        end = min(end, len(self._cells))
        self._cells[start:end] = [" "] * (end - start)

    def _go_to(self, column: int) -> None:
        self._column = min(max(0, column), ROW_CHARS)
        self._is_redrawn = self._column == 0

    def _screen_row(self) -> int:
        # Where the row of the screen begins that the cursor is in: one of them may fill several.
        return max(0, self._column - 1) // self._width * self._width

    def _finish(self) -> None:
        self._give(self.row)
        self._cells.clear()
        self._go_to(0)

    def _give(self, row: str) -> None:
        row = row.rstrip(" ")
        while row:
            self._rows.append(row[:ROW_CHARS])
            row = row[ROW_CHARS:]


def _cells_of(text: str) -> list[str]:
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for char in text:
        if unicodedata.combining(char) and cells:
            cells[-1] += char
        elif char.isprintable():
            cells.append(char)
            if unicodedata.east_asian_width(char) in "WF":
                cells.append("")
    return cells
