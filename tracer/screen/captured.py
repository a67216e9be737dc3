"""A screen as tmux's `capture-pane -e` and its formats tell it.

Invariant: any text leads to a screen. What such a picture doesn't tell is as in a new terminal: the
attributes of what is written next, and which rows go on in the next.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracer.screen.screen import Screen

# What a row may hold draws as tmux wrote it: SO is line drawing, and no row runs into the next.
_BEGIN = b"\x1b)0\x1b[?7l"
_END = b"\x0f\x1b)B\x1b[m"


def captured(
    size: tuple[int, int],
    text: bytes,
    cursor: tuple[int, int],
    *,
    region: tuple[int, int],
    tabs: Iterable[int],
    is_cursor_visible: bool = True,
    inserts: bool = False,
    is_origin: bool = False,
    wraps: bool = True,
    saved: tuple[bytes, tuple[int, int] | None] | None = None,
) -> Screen:
    """A screen of `size` (columns, rows) that shows the rows in `text`, each ended by a newline.

    `cursor` is (row, column), `region` the first and last row that scroll, `tabs` columns, all from
    0. `saved`: what stands behind the alternate screen, and where the cursor was.
    """
    screen = Screen(*size)
    if saved is not None:
        rows, at = saved
        _draw(screen, rows)
        _move(screen, at or (0, 0))
        screen.feed(b"\x1b[?1049h")
    _draw(screen, text)
    screen.feed(_tab_stops(tabs) + b"\x1b[%d;%dr" % (region[0] + 1, region[1] + 1))
    modes = ((b"4", inserts), (b"?6", is_origin), (b"?7", wraps), (b"?25", is_cursor_visible))
    screen.feed(b"".join(b"\x1b[%s%s" % (mode, b"h" if is_on else b"l") for mode, is_on in modes))
    _move(screen, cursor)
    screen.take_scrolled()
    return screen


def _draw(screen: Screen, text: bytes) -> None:
    rows = text.split(b"\n")[:-1][: screen.rows]
    screen.feed(_BEGIN)
    for nth, row in enumerate(rows):
        screen.feed(b"\x1b[%dH%s" % (nth + 1, row))
    screen.feed(_END)


def _tab_stops(tabs: Iterable[int]) -> bytes:
    return b"\x1b[3g" + b"".join(b"\x1b[1;%dH\x1bH" % (column + 1) for column in tabs)


def _move(screen: Screen, at: tuple[int, int]) -> None:
    # By no sequence: none goes behind the last column.
    row, column = at
    screen.canvas.y = max(0, min(row, screen.rows - 1))
    screen.canvas.x = max(0, min(column, screen.columns))
