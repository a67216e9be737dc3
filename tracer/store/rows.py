"""What panes showed, as rows of text that can be searched.

Invariant: each character that was drawn is in a row, unless it was taken back before its row was
finished: overtyped in the middle of the row, or erased there. A row that is drawn over from its
beginning is a row of its own before that. This is no screen: what a full-screen program draws
comes out in the pieces that it is drawn in.
"""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

ROW_CHARS: Final = 4096
TERMINALS: Final = 4096
IDLE_US: Final = 5_000_000
_TAB: Final = 8
_SCREEN_COLUMNS: Final = 80  # where an event doesn't say

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
        self._width = _SCREEN_COLUMNS
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

    def feed(self, text: str, width: int = _SCREEN_COLUMNS) -> list[str]:
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


class Output(NamedTuple):
    """What a pane showed in one record.

    `boot`, `device` and `pane` tell terminals apart; `offset` and `size` are the terminal's own
    count of bytes.
    """

    sequence: int
    time_us: int
    boot: str
    device: tuple[int, int]
    pane: int | None
    offset: int
    size: int
    width: int
    text: str


class _Open:
    """A terminal with an unfinished row, and the record that last drew in it."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.sequence = 0
        self.time_us = 0
        self.next_offset = 0
        self.is_given = True  # its unfinished row, as it is


_Key = tuple[str, int, int, int | None]
LateRow = tuple[int, str]


class Rows:
    """All terminals of a log. What a record finishes is its own; a row that stays unfinished is a
    late one of the record that last drew in it."""

    def __init__(self) -> None:
        self._open: OrderedDict[_Key, _Open] = OrderedDict()  # the one drawn in last is last
        self._changed: set[_Key] = set()
        self._late: list[LateRow] = []
        self._checked_us = 0

    def feed(self, output: Output) -> list[str]:
        """The rows that this record finishes."""
        key = (output.boot, *output.device, output.pane)
        if output.offset != getattr(self._open.get(key), "next_offset", None):
            self._end(key)
            self._open[key] = _Open(Terminal())
        self._open.move_to_end(key)
        opened = self._open[key]
        opened.sequence, opened.time_us, opened.is_given = output.sequence, output.time_us, False
        opened.next_offset = output.offset + output.size
        self._changed.add(key)
        if len(self._open) > TERMINALS:
            self._end(next(iter(self._open)))
        return opened.terminal.feed(output.text, output.width)

    def tick(self, time_us: int) -> None:
        """Gives the unfinished rows that nothing was drawn in for IDLE_US; they may still grow."""
        if time_us < self._checked_us + IDLE_US // 5:
            return
        self._checked_us = time_us
        for key, opened in self._open.items():
            if opened.time_us > time_us - IDLE_US:
                break
            self._give(key, opened)

    def flush(self) -> None:
        """Gives all unfinished rows; they may still grow."""
        for key, opened in self._open.items():
            self._give(key, opened)

    def close_pane(self, boot: str, pane: int) -> None:
        """The pane is gone; another one may get its terminal."""
        for key in [key for key in self._open if key[0] == boot and key[3] == pane]:
            self._end(key)

    def late(self) -> list[LateRow]:
        """The late rows since the last call."""
        rows, self._late = self._late, []
        return rows

    def changes(self) -> Iterator[tuple[str, list[Any] | None]]:
        """Name and state (None: gone) of each terminal that changed since the last call."""
        changed, self._changed = self._changed, set()
        for key in changed:
            opened = self._open.get(key)
            yield repr(key), None if opened is None else [key, *_state(opened)]

    @classmethod
    def from_states(cls, states: Iterator[list[Any]]) -> Rows:
        """From what changes() said last of each terminal."""
        rows = cls()
        for (boot, major, minor, pane), sequence, time_us, *rest in sorted(
            states, key=lambda state: state[1]
        ):
            opened = _Open(Terminal.from_state(rest[2]))
            opened.sequence, opened.time_us = sequence, time_us
            opened.next_offset, opened.is_given = rest[:2]
            rows._open[boot, major, minor, pane] = opened
        return rows

    def _end(self, key: _Key) -> None:
        if (opened := self._open.pop(key, None)) is not None:
            self._give(key, opened)

    def _give(self, key: _Key, opened: _Open) -> None:
        if opened.is_given:
            return
        opened.is_given = True
        self._changed.add(key)
        if row := opened.terminal.row:
            self._late.append((opened.sequence, row))


def _state(opened: _Open) -> list[Any]:
    terminal = opened.terminal.state()
    return [opened.sequence, opened.time_us, opened.next_offset, opened.is_given, terminal]
