"""The screen that tmux says a pane showed: what pane-captured comes to.

Invariant: it is as hostile as any output, and drawn as such; whether rows went on in the next one
isn't known, and neither is the style that the next character would have had.
"""

from __future__ import annotations

from tracer.model.capture import Capture, Cursor
from tracer.screen.paint import sgr
from tracer.screen.screen import Screen


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
    if modes.is_origin:
        screen.feed(b"\x1b[?6h")
    _put(screen, capture.cursor, capture.top if modes.is_origin else 0)
    for is_off, sequence in (
        (not modes.wraps, b"\x1b[?7l"),
        (modes.inserts, b"\x1b[4h"),
        (not modes.is_cursor_visible, b"\x1b[?25l"),
    ):
        if is_off:
            screen.feed(sequence)
    return screen


def _draw(screen: Screen, text: bytes) -> None:
    # SO means line drawing where tmux writes it.
    screen.feed(b"\x1b)0")
    for number, row in enumerate(text.split(b"\n")[: screen.rows]):
        screen.feed(b"\x1b[%dH%s" % (number + 1, row))
    screen.feed(b"\x0f\x1b)B\x1b[m")


def _put(screen: Screen, cursor: Cursor, top: int = 0) -> None:
    # Behind the last column it gets by writing that again.
    line = f"\x1b[{max(0, cursor.row - top) + 1}"
    if cursor.column < screen.columns or not 0 <= cursor.row < screen.rows:
        screen.feed(f"{line};{cursor.column + 1}H".encode())
        return
    row = screen.lines[cursor.row]
    row.pad(screen.columns)
    start = screen.columns - (1 if row.cells[-1] else 2)
    text = "".join(row.cells[start:])
    screen.feed(f"{line};{start + 1}H{sgr(row.styles[start])}{text}\x1b[m".encode())
