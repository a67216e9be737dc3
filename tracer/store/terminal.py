"""What one terminal shows, and which rows of it come up with each output.

Invariant: a row comes up when an output leaves it on the screen with another text than it had when
it came up last, in its place; or when it scrolls away so. The cursor's row waits until the cursor
leaves it, since it is mostly being typed: what is added to it, or taken back, makes no row of its
own. Rows that wrap are one, and what is longer than ROW_CHARS comes in pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tracer.screen.row import Row
from tracer.screen.screen import Screen
from tracer.screen.state import pack, unpack
from tracer.store.flood import flood

ROW_CHARS: Final = 4096

_COLUMNS: Final = 80  # where no record says it
_LINES: Final = 24

_GOES_BACK: Final = re.compile(rb"\r(?![\r\n])|\x1b\[[0-9;]*[HfG`d]|\x1b[78]")


class Seen(NamedTuple):
    """What an output brought up. `left`: the cursor's row as it was before, where that is gone;
    `scrolled`: how many rows left the screen."""

    rows: list[str]
    left: str
    scrolled: int


class Terminal:
    """A terminal with this screen, what stands on which has come up already."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        # Text that came up last, by the first of the rows that are one: of those on the screen, and
        # of those that the alternate screen covers.
        self._known: dict[Row, str] = {}
        self._covered: dict[Row, str] = {}
        self._lines: list[Row] = []  # as the last output left them
        self._above = ""  # of the topmost row, what has scrolled away
        self._cursor: Row | None = None
        self.unfinished = ""
        """The cursor's row, if it has not come up as it is."""
        self._rows: list[str] = []
        self._became: str | None = None  # the row where the cursor was
        self._settle()

    @classmethod
    def blank(cls, columns: int, rows: int) -> Terminal:
        """One that has shown nothing. A side of 0 isn't known."""
        return cls(Screen(columns or _COLUMNS, rows or _LINES))

    @property
    def cells(self) -> int:
        """How much it remembers."""
        canvas = self.screen.canvas
        rows = len(canvas.grid.lines) + len(canvas.grid.history) + len(canvas.saved_rows or ())
        return rows * self.screen.columns

    def feed(self, data: bytes) -> Seen:
        """What these bytes bring up."""
        passing = flood(self.screen, data)
        if passing is None:
            return self._feed(data)
        first, rest = self._feed(passing.before), self._feed(passing.after)
        rows = [piece for row in passing.rows for piece in _pieces(row)]
        scrolled = first.scrolled + len(rows) + rest.scrolled
        return Seen([*first.rows, *rows, *rest.rows], first.left, scrolled)

    def _feed(self, data: bytes) -> Seen:
        screen, was, was_alternate = self.screen, self.unfinished, self.screen.is_alternate
        self._rows, self._became = [], None
        screen.feed(data)
        scrolled = screen.take_scrolled()
        if scrolled:
            self._take(scrolled, was_alternate)
        if screen.is_alternate is not was_alternate:
            self._turn()
        if self._above and not self._is_continued():
            self._cut()
        self._look(screen.lines, screen.cursor.row)
        is_left = was and not _grew(was, self._became)
        if is_left and (self._became is None or _GOES_BACK.search(data)):
            return Seen(self._rows, was, len(scrolled))
        return Seen(self._rows, "", len(scrolled))

    def give(self) -> str:
        """Lets the cursor's row come up as it is; it may still grow."""
        row, self.unfinished = self.unfinished, ""
        if row and self._cursor is not None:
            self._known[self._cursor] = row
        return row

    def resize(self, columns: int, rows: int) -> None:
        """The terminal has this size; 0: a side isn't known. Nothing comes up by that."""
        if not columns or not rows or (columns, rows) == (self.screen.columns, self.screen.rows):
            return
        is_unfinished = bool(self.unfinished)
        self.screen.resize(columns, rows)
        self.screen.take_scrolled()
        self._settle(but_cursor=is_unfinished)

    def state(self) -> tuple[list[Any], bytes]:
        """What from_state() makes the same terminal of: JSON, and the packed screen."""
        known = [
            one if (one := self._known.get(row)) != text else True
            for row, text in self._texts(self._lines)
        ]
        return [self._above, known], pack(self.screen)

    @classmethod
    def from_state(cls, state: list[Any], screen: bytes) -> Terminal:
        """The terminal that this was the state of; ValueError if it was of none."""
        terminal = cls(unpack(screen))
        terminal._above, known = state
        terminal._known = {
            row: text if one is True else one
            for (row, text), one in zip(terminal._texts(terminal._lines), known, strict=True)
            if one is not None
        }
        terminal._find_cursor()
        return terminal

    # ---- after an output ----

    def _take(self, scrolled: list[Row], was_alternate: bool) -> None:
        # What is cleared in the alternate screen is mostly drawn again.
        known = self._known.get if self.screen.is_alternate else self._known.pop
        if self._above and scrolled[0] is not self._lines[0]:
            self._cut()
        parts: list[Row] = []
        for row in scrolled:
            parts.append(row)
            if row.is_wrapped and len(parts) * len(row.cells) < ROW_CHARS:
                continue
            text = self._above + _joined(parts)
            if parts[0] is self._cursor:
                self._became = text
            if known(parts[0], None) != text:
                self._come_up(text)
            self._above, parts = "", []
        if parts:
            self._hold(parts)
        if was_alternate and self._above:
            self._cut()

    def _hold(self, parts: list[Row]) -> None:
        # The rest of this row is still on the screen.
        self._above += _joined(parts, is_whole=False)
        top = (self.screen.canvas.saved_rows or self.screen.lines)[0]
        if parts[0] is self._cursor:
            self._cursor = top
        if (text := self._known.pop(parts[0], None)) is not None:
            self._known[top] = text

    def _turn(self) -> None:
        covered = self.screen.canvas.saved_rows
        if covered is None:
            self._known, self._covered = self._covered, {}
        else:
            self._look(covered, -1)
            self._known, self._covered, self._above = {}, self._known, ""
        self._lines = []

    def _look(self, lines: list[Row], cursor: int) -> None:
        start, end, cursor_row, left = 0, len(lines), None, self._cursor
        while start < end:
            first = row = lines[start]
            is_dirty, below = row.is_dirty, start + 1
            while row.is_wrapped and below < end:
                row = lines[below]
                is_dirty, below = is_dirty or row.is_dirty, below + 1
            if start <= cursor < below:
                cursor_row = first
                self._look_at(lines, start, below, has_cursor=True)
            elif is_dirty or first is left or first not in self._known:
                self._look_at(lines, start, below, has_cursor=False)
            start = below
        self._cursor = cursor_row
        if lines != self._lines:
            self._lines = list(lines)
            self._known = {row: self._known[row] for row in lines if row in self._known}

    def _look_at(self, lines: list[Row], start: int, end: int, *, has_cursor: bool) -> None:
        first, rows = lines[start], lines[start:end]
        text = ("" if start else self._above) + _joined(rows)
        known = self._known.get(first)
        if first is self._cursor:
            self._became = text
        elif known is None and start < len(self._lines):
            known = self._known_before(lines, start, text)
        for row in rows:
            row.is_dirty = False
        for row in rows[1:]:  # no longer one of its own; torn off later, it is another
            self._known.pop(row, None)
        if has_cursor:
            self.unfinished = "" if text == known else text
            if known is not None:
                self._known[first] = known
        else:
            self._known[first] = text
            if text != known:
                self._come_up(text)

    def _known_before(self, lines: list[Row], place: int, text: str) -> str | None:
        # Programs clear rows to draw the same again; a row that was cleared is another Row.
        before = self._lines[place]
        if before in lines:
            return None
        if before is self._cursor and self._became is None:
            self._became = text
        return self._known.get(before)

    def _is_continued(self) -> bool:
        grid = self.screen.canvas.grid
        is_whole_screen = not self.screen.is_alternate and self.screen.canvas.top == 0
        return is_whole_screen and bool(grid.history) and grid.history[-1].is_wrapped

    def _cut(self) -> None:
        self._come_up(self._above)
        self._above = ""

    def _come_up(self, text: str) -> None:
        self._rows += _pieces(text)

    # ---- at other times ----

    def _settle(self, *, but_cursor: bool = False) -> None:
        screen = self.screen
        covered = screen.canvas.saved_rows or []
        for row in (*screen.lines, *covered):
            row.is_dirty = False
        self._lines, self._above, self.unfinished = list(screen.lines), "", ""
        self._known, self._covered = dict(self._texts(screen.lines)), dict(self._texts(covered))
        self._find_cursor(is_known=not but_cursor)

    def _find_cursor(self, *, is_known: bool = True) -> None:
        lines, cursor = self.screen.lines, self.screen.cursor.row
        for start, end in _spans(lines):
            if start <= cursor < end:
                self._cursor = first = lines[start]
                text = ("" if start else self._above) + _joined(lines[start:end])
                known = self._known.get(first) if is_known else self._known.pop(first, None)
                self.unfinished = "" if is_known and known == text else text

    def _texts(self, lines: list[Row]) -> Iterator[tuple[Row, str]]:
        for start, end in _spans(lines):
            yield lines[start], ("" if start else self._above) + _joined(lines[start:end])


def _spans(lines: list[Row]) -> Iterator[tuple[int, int]]:
    """First and end of the rows that are one."""
    start = 0
    for end, row in enumerate(lines, 1):
        if not row.is_wrapped or end == len(lines):
            yield start, end
            start = end


def _joined(rows: list[Row], *, is_whole: bool = True) -> str:
    if len(rows) == 1 and is_whole:
        return rows[0].text()
    text = "".join("".join(row.cells) for row in rows)
    return text.rstrip(" ") if is_whole else text


def _pieces(text: str) -> list[str]:
    if len(text) <= ROW_CHARS:
        return [text] if text else []
    return [text[at : at + ROW_CHARS] for at in range(0, len(text), ROW_CHARS)]


def _grew(before: str, after: str | None) -> bool:
    """Whether nothing of a row went."""
    if after is None or after.startswith(before):
        return after is not None
    pairs = enumerate(zip(before, after, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), len(after))
    return after.endswith(before[same:])
