"""The screen that tmux says a pane showed: what pane-captured comes to.

Invariant: it is as hostile as any output, and drawn as such; whether rows went on in the next one
isn't known, and neither is the style that the next character would have had.
"""

from __future__ import annotations

import re

from tracer.model.capture import Capture, Cursor
from tracer.screen.screen import Screen

_OVERLINED = re.compile(rb"(?<=[\[;])5:3(?=[;m])")


def screen_of(capture: Capture) -> Screen:
    """What it shows, for the caller to go on with."""
    screen = Screen(capture.columns, capture.rows)
    if capture.saved_text is not None:
        _draw(screen, capture.saved_text)
        _put(screen, capture.saved_cursor or Cursor(0, 0))
        screen.feed(b"\x1b[?1049h")
    _draw(screen, capture.text)
    modes, tabs = capture.modes, [tab for tab in capture.tabs if 0 <= tab < screen.columns]
    stops = "".join(f"\x1b[{tab + 1}G\x1bH" for tab in tabs)
    region = f"\x1b[{capture.top + 1};{capture.bottom + 1}r"
    screen.feed(f"\x1b[3g{stops}{region}".encode())
    for is_set, sequence in (
        (modes.is_origin, b"\x1b[?6h"),
        (not modes.wraps, b"\x1b[?7l"),
        (modes.inserts, b"\x1b[4h"),
        (not modes.is_cursor_visible, b"\x1b[?25l"),
    ):
        screen.feed(sequence if is_set else b"")
    _put(screen, capture.cursor)
    screen.take_scrolled()
    return screen


def _draw(screen: Screen, text: bytes) -> None:
    # SO means line drawing where tmux writes it; and 5:3 is how 3.3a writes 53.
    screen.feed(b"\x1b)0\x1b[?7l")
    for number, row in enumerate(_OVERLINED.sub(b"53", text).split(b"\n")[: screen.rows]):
        screen.feed(b"\x1b[%dH%s" % (number + 1, row))
    screen.feed(b"\x0f\x1b)B\x1b[m\x1b[?7h")


def _put(screen: Screen, cursor: Cursor) -> None:
    # By no sequence: none goes behind the last column.
    screen.canvas.y = max(0, min(cursor.row, screen.rows - 1))
    screen.canvas.x = max(0, min(cursor.column, screen.columns))
