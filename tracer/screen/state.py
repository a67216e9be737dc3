"""A screen as bytes, and back: keyframes.

Invariant: unpack(pack(screen)) goes on exactly as the screen does, whatever is fed to it; only the
rows in `scrolled` are left out. Bytes that are no such state are a ValueError, and cost no more
than a screen of the greatest size.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, Final

import orjson
import pyzstd

from tracer.screen.canvas import CELL_BYTES
from tracer.screen.controls import Saved
from tracer.screen.grid import HISTORY
from tracer.screen.parser import FIELD_BYTES, MARKS, STATES, STRING_BYTES, Half
from tracer.screen.row import Row
from tracer.screen.screen import LARGEST, Screen, fitting
from tracer.screen.style import PLAIN, UNDERLINES, Style

LONGEST: Final = 128 << 20
VERSION: Final = 1
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_MODES: Final = ("is_visible", "wraps", "inserts", "has_origin", "joins")


def pack(screen: Screen) -> bytes:
    """The whole state, half-read sequences included."""
    canvas, controls, styles = screen.canvas, screen.controls, _Styles()
    grid = canvas.grid
    state = {
        "version": VERSION,
        "size": [grid.columns, grid.rows],
        "lines": [_packed(row, styles) for row in grid.lines],
        "history": [_packed(row, styles) for row in grid.history],
        "returnable": grid.returnable,
        "cursor": [canvas.x, canvas.y, canvas.top, canvas.bottom],
        "modes": [getattr(canvas, name) for name in _MODES],
        "tabs": sorted(canvas.tabs),
        "aside": None
        if canvas.saved_rows is None
        else [_packed(row, styles) for row in canvas.saved_rows],
        "aside_size": canvas.saved_size,
        "aside_cursor": canvas.saved_cursor,
        "title": controls.title,
        "last": controls.last,
        "charset": [controls.is_shifted, *controls.draws],
        "saved": [*controls.saved[1:]],
        "half": [part.hex() for part in screen.parser.half[1:]],
        "state": screen.parser.half.state,
        "style": [
            styles.place(s) for s in (canvas.style, canvas.saved_style, controls.saved.style)
        ],
        "styles": [list(style) for style in styles.all],
    }
    return pyzstd.compress(orjson.dumps(state), 3)


def unpack(data: bytes) -> Screen:
    """The screen that was packed. ValueError if it is none."""
    try:
        plain = pyzstd.ZstdDecompressor().decompress(data, max_length=LONGEST)
        return _Unpacking(orjson.loads(plain)).screen()
    except (pyzstd.ZstdError, EOFError, LookupError, TypeError, AttributeError) as e:
        raise ValueError("these bytes are no state of a screen") from e


class _Styles:
    """Each style once."""

    def __init__(self) -> None:
        self.all: list[Style] = []
        self._places: dict[Style, int] = {}

    def place(self, style: Style) -> int:
        place = self._places.get(style)
        if place is None:
            place = self._places[style] = len(self.all)
            self.all.append(style)
        return place


def _packed(row: Row, styles: _Styles) -> list[Any]:
    """[text, or cells if some are not one character; used; flags; a style and how many cells have
    it, and so on]"""
    text: str | list[str] = "".join(row.cells)
    if len(text) != len(row.cells) or row.has_wide:
        text = row.cells
    flags = row.is_wrapped | row.has_wide << 1 | row.is_dirty << 2
    runs: list[int] = []
    if row.styles.count(PLAIN) < len(row.styles):
        for style, cells in groupby(row.styles):
            runs += styles.place(style), sum(1 for _ in cells)
    return [text, row.used, flags, runs]


class _Unpacking:
    """A state that was read, every part of which may be anything."""

    def __init__(self, state: Any) -> None:
        _check(state["version"] == VERSION)
        self._state = state
        self._styles = [_style(fields) for fields in state["styles"]]

    def screen(self) -> Screen:
        state = self._state
        columns, rows = _size(state["size"])
        screen = Screen(columns, rows)
        self._fill_grid(screen)
        self._fill_canvas(screen)
        self._fill_controls(screen)
        content, marks, utf8 = (bytes.fromhex(part) for part in state["half"])
        _check(state["state"] in STATES and len(marks) <= MARKS + 1 and len(utf8) <= 3)
        _check(len(content) <= (STRING_BYTES if state["state"] == "osc" else FIELD_BYTES + 1))
        screen.parser.half = Half(state["state"], content, marks, utf8)
        return screen

    def _fill_grid(self, screen: Screen) -> None:
        state, grid = self._state, screen.canvas.grid
        grid.lines = self._rows(state["lines"], grid.columns)
        grid.history = self._rows(state["history"], LARGEST)
        grid.returnable = _number(state["returnable"], len(grid.history))
        _check(len(grid.lines) == grid.rows and len(grid.history) <= HISTORY)

    def _fill_canvas(self, screen: Screen) -> None:
        state, canvas, grid = self._state, screen.canvas, screen.canvas.grid
        x, y, top, bottom = state["cursor"]
        canvas.x, canvas.y = _number(x, grid.columns), _number(y, grid.rows - 1)
        canvas.bottom = _number(bottom, grid.rows - 1)
        canvas.top = _number(top, canvas.bottom)
        for name, flag in zip(_MODES, _flags(state["modes"], len(_MODES)), strict=True):
            setattr(canvas, name, flag)
        canvas.tabs = {_number(tab, grid.columns - 1) for tab in state["tabs"]}
        canvas.saved_size = _size(state["aside_size"])
        if state["aside"] is not None:
            canvas.saved_rows = self._rows(state["aside"], canvas.saved_size[0])
            _check(len(canvas.saved_rows) == canvas.saved_size[1])
            grid.keeps_history = False
        if state["aside_cursor"] is not None:
            x, y = state["aside_cursor"]
            canvas.saved_cursor = _number(x, LARGEST), _number(y, LARGEST)
        style, saved_style, _ = (self._styles[place] for place in state["style"])
        canvas.set_style(style)
        canvas.saved_style = saved_style

    def _fill_controls(self, screen: Screen) -> None:
        state, controls = self._state, screen.controls
        controls.title, controls.last = state["title"][:], state["last"][:1]
        _check(isinstance(controls.title, str) and not _CONTROL.search(controls.last))
        controls.is_shifted, g0_draws, g1_draws = _flags(state["charset"], 3)
        controls.draws = g0_draws, g1_draws
        *flags, x, y = state["saved"]
        is_shifted, g0_draws, g1_draws, has_origin = _flags(flags, 4)
        place = _number(x, LARGEST), _number(y, LARGEST)
        style = self._styles[state["style"][2]]
        controls.saved = Saved(style, is_shifted, g0_draws, g1_draws, has_origin, *place)

    def _rows(self, rows: list[Any], columns: int) -> list[Row]:
        return [self._row(parts, columns) for parts in rows]

    def _row(self, parts: Any, columns: int) -> Row:
        text, used, flags, runs = parts
        row = Row()
        row.cells = list(text)
        _check(len(row.cells) <= columns and not _CONTROL.search("".join(row.cells)))
        _check(max(map(len, row.cells), default=0) <= CELL_BYTES)
        row.used = _number(used, columns)
        flags = _number(flags, 7)
        row.is_wrapped, row.has_wide, row.is_dirty = (bool(flags & bit) for bit in (1, 2, 4))
        for place, count in zip(runs[::2], runs[1::2], strict=True):
            row.styles += [self._styles[place]] * _number(count, columns)
        row.styles = row.styles or [PLAIN] * len(row.cells)
        _check(len(row.styles) == len(row.cells))
        return row


def _check(is_right: bool) -> None:
    if not is_right:
        raise ValueError("these bytes are no state of a screen")


def _number(number: Any, largest: int) -> int:
    _check(type(number) is int and 0 <= number <= largest)
    return int(number)


def _size(size: Any) -> tuple[int, int]:
    columns, rows = (_number(side, LARGEST) for side in size)
    _check((columns, rows) == fitting(columns, rows))
    return columns, rows


def _flags(flags: Any, count: int) -> list[bool]:
    _check(len(flags) == count and all(type(flag) is bool for flag in flags))
    return list(flags)


def _style(fields: Any) -> Style:
    colours = [tuple(c) if isinstance(c, list) else c for c in fields[:3]]
    for colour in colours:
        levels = colour if isinstance(colour, tuple) else (0, 0, colour or 0)
        _check(len(levels) == 3 and all(_number(level, 255) >= 0 for level in levels))
    _number(fields[6], UNDERLINES)
    _flags([*fields[3:6], *fields[7:]], 8)
    return Style._make([*colours, *fields[3:]])
