"""Bytes that make a terminal show what a screen shows.

Invariant: only plain text, SGR, erasing and cursor movement; no control character of a cell's
text. The terminal's other modes are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracer.screen.row import Row
from tracer.screen.screen import Screen
from tracer.screen.style import PLAIN, Colour, Style

_FLAGS = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("blink", "5"),
    ("reverse", "7"),
    ("hidden", "8"),
    ("strike", "9"),
    ("overline", "53"),
)


def repaint(screen: Screen) -> bytes:
    """What to write to any xterm-like terminal of that size, whatever it shows."""
    parts = ["\x1b[m\x1b[r\x1b[H\x1b[2J"]
    for line, row in enumerate(screen.lines):
        if row.cells:
            parts.append(f"\x1b[{line + 1}H{_row(row)}")
    parts.append(cursor_to(screen))
    return "".join(parts).encode()


def _row(row: Row) -> str:
    runs = row.runs()
    if runs and runs[-1][1] == PLAIN:
        runs[-1] = (runs[-1][0].rstrip(" "), PLAIN)
    return "".join(f"{sgr(style)}{text}" for text, style in runs if text) + sgr(PLAIN)


def cursor_to(screen: Screen) -> str:
    """The cursor to its place; right of the last cell by writing that again."""
    line, column, is_visible = screen.cursor
    shown = f"\x1b[?25{'h' if is_visible else 'l'}"
    if column < screen.columns:
        return f"\x1b[{line + 1};{column + 1}H{shown}"
    row = screen.lines[line]
    row.pad(screen.columns)
    start = screen.columns - (1 if row.cells[-1] else 2)
    text = "".join(row.cells[start:])
    return f"\x1b[{line + 1};{start + 1}H{sgr(row.styles[start])}{text}{sgr(PLAIN)}{shown}"


def sgr(style: Style) -> str:
    """The sequence that sets a style, whatever was set."""
    codes = [code for name, code in _FLAGS if getattr(style, name)]
    if style.underline:
        codes.append("4" if style.underline == 1 else f"4:{style.underline}")
    codes += _colour(style.foreground, 30)
    codes += _colour(style.background, 40)
    codes += _colour(style.underline_colour, 50)
    return f"\x1b[{';'.join(['0', *codes])}m" if codes else "\x1b[m"


def _colour(colour: Colour, base: int) -> Iterator[str]:
    if isinstance(colour, tuple):
        yield f"{base + 8};2;{colour[0]};{colour[1]};{colour[2]}"
    elif colour is not None and (colour > 15 or base == 50):
        yield f"{base + 8};5;{colour}"
    elif colour is not None:
        yield str(base + colour if colour < 8 else base + 52 + colour)
