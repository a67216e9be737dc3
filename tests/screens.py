"""Screens for tests: bytes that programs write, and all that a screen is made of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tracer.screen.row import Row
from tracer.screen.screen import Screen

PIECES = (
    *(b"hello ", b"x" * 30, b"\r\n", b"\r", b"\n", b"\t", b"\x08", "你好é".encode(), b"e\xcc\x81"),
    *("👨\u200d👩".encode(), b"\xe4\xbd", b"\xff", b"\x1b[31;44m", b"\x1b[m", b"\x1b[38:2::1:2:3m"),
    *(
        b"\x1b[K",
        b"\x1b[1K",
        b"\x1b[2J",
        b"\x1b[J",
        b"\x1b[3;4H",
        b"\x1b[999;999H",
        b"\x1b[2;5r",
        b"\x1b[3X",
    ),
    *(b"\x1b[2P", b"\x1b[2@", b"\x1b[L", b"\x1b[2M", b"\x1b[S", b"\x1b[2T", b"\x1bM", b"\x1b7"),
    *(b"\x1b8", b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[4h", b"\x1b[?6h", b"\x1b[?7l", b"\x1b(0"),
    *(b"\x1b[99b", b"\x1b]0;title\x07", b"\x1bPq", b"\x1b\\", b"\x1b", b"\x1b[3", b"\x1bc"),
)
PROGRAMS = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=40).map(b"".join)
SIZES = st.tuples(st.integers(1, 30), st.integers(1, 8))


def screen_of(data: bytes, columns: int = 20, rows: int = 5) -> Screen:
    """A screen that showed these bytes."""
    screen = Screen(columns, rows)
    screen.feed(data)
    return screen


def texts(screen: Screen) -> list[str]:
    """What can be read in it."""
    return [row.text() for row in screen.lines]


def looks(screen: Screen) -> list[list[Any]]:
    """Characters and styles of each row, without what is blank and plain at its end."""
    found = []
    for row in screen.lines:
        cells = list(zip(row.cells, row.styles, strict=True))
        while cells and cells[-1] == (" ", cells[-1][1]._make([None] * 3 + [False] * 9)):
            cells.pop()
        found.append(cells)
    return found


def everything(screen: Screen) -> dict[str, Any]:
    """All that decides how a screen goes on."""
    canvas, controls = screen.canvas, screen.controls
    names = "x y joins style fill is_visible wraps inserts has_origin top bottom tabs".split()
    names += ["saved_size", "saved_cursor", "saved_style"]
    return {
        **{name: getattr(canvas, name) for name in names},
        "lines": _rows(screen.lines),
        "history": _rows(canvas.grid.history),
        "returnable": canvas.grid.returnable,
        "aside": canvas.saved_rows and _rows(canvas.saved_rows),
        "half": screen.parser.half,
        "controls": (controls.title, controls.last, controls.is_shifted, controls.draws),
        "saved": controls.saved,
    }


def _rows(rows: list[Row]) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, name) for name in Row.__slots__) for row in rows]
