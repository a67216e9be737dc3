"""A still: what a screen shows, as one SVG picture.

Invariant: it is well-formed XML whatever the screen shows, and holds no script, no link and nothing
that is loaded from elsewhere. Each run of cells has the width of its cells, in whatever font.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from tracer.codec.safe import safe_text
from tracer.export.markup import escape
from tracer.screen.row import Row
from tracer.screen.screen import Screen
from tracer.screen.style import Colour, Style

_SIZE: Final = 14  # of the font; the rest is in its proportion
_CELL: Final = 8.4
_LINE: Final = 18
_BASE: Final = 13.5
_BORDER: Final = 12
_FONTS: Final = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
_FOREGROUND: Final = "#d8dee4"
_BACKGROUND: Final = "#15191e"
_NAMED: Final = (
    "#2b3138 #e0565b #6fb35f #d6a84b #5a93d6 #b277cc #4fb0b5 #c9d1d9 "
    "#6b7680 #f2777c #8fd17d #edc66f #7fb2ee #cf98e6 #74cdd1 #ffffff"
).split()
_STEPS: Final = ("00", "5f", "87", "af", "d7", "ff")
_CUBE: Final = [f"#{red}{green}{blue}" for red in _STEPS for green in _STEPS for blue in _STEPS]
_GREYS: Final = [f"#{grey:02x}{grey:02x}{grey:02x}" for grey in range(8, 248, 10)]
_PALETTE: Final = _NAMED + _CUBE + _GREYS
# What XML 1.0 has no place for, and what would change the order in which text is read.
_NOT_DRAWN: Final = re.compile(
    "[^\t\n\r -~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)


def write(screen: Screen, out: BinaryIO, title: str = "") -> None:
    """In UTF-8; `title` is what readers for the blind say."""
    for part in _parts(screen, title):
        out.write(part.encode() + b"\n")


def _parts(screen: Screen, title: str) -> Iterator[str]:
    wide = screen.columns * _CELL + 2 * _BORDER
    high = screen.rows * _LINE + 2 * _BORDER
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" width="{wide:g}" '
        f'height="{high:g}" role="img" font-family="{_FONTS}" '
        f'font-size="{_SIZE}" fill="{_FOREGROUND}">'
    )
    yield f"<title>{escape(safe_text(title))}</title>"
    yield f'<rect width="100%" height="100%" rx="6" fill="{_BACKGROUND}"/>'
    yield f'<g transform="translate({_BORDER} {_BORDER})">'
    for number, row in enumerate(screen.lines):
        yield from _row(row, number * _LINE)
    yield from _cursor(screen)
    yield "</g></svg>"


class _Run(NamedTuple):
    """Cells beside each other that look the same; a wide character is alone, so it is in place."""

    column: int
    columns: int
    text: str
    style: Style


def _row(row: Row, top: float) -> Iterator[str]:
    for run in _runs(row):
        ink, paper = _colours(run.style)
        if paper:
            place = _place(run.column, run.columns, top, "width")
            yield f'<rect {place} height="{_LINE}" fill="{paper}"/>'
        text = run.text.strip(" ")
        if text and not run.style.hidden:
            column = run.column + len(run.text) - len(run.text.lstrip(" "))
            columns = run.columns - len(run.text) + len(text)
            place = _place(column, columns, top + _BASE, "textLength")
            text = escape(_NOT_DRAWN.sub("\ufffd", text))
            drawn = f'{place} fill="{ink}"{_attributes(run.style)} xml:space="preserve"'
            yield f"<text {drawn}>{text}</text>"


def _place(column: int, columns: int, y: float, width: str) -> str:
    return f'x="{column * _CELL:g}" y="{y:g}" {width}="{columns * _CELL:g}"'


def _runs(row: Row) -> list[_Run]:
    runs: list[_Run] = []
    for column, (text, style) in enumerate(zip(row.cells, row.styles, strict=True)):
        last = runs[-1] if runs else None
        if last and not text:  # the other half of a wide one
            runs[-1] = last._replace(columns=last.columns + 1)
        elif last and style == last.style and (text + last.text[-1:]).isascii():
            runs[-1] = last._replace(columns=last.columns + 1, text=last.text + text)
        else:
            runs.append(_Run(column, 1, text, style))
    return runs


def _colours(style: Style) -> tuple[str, str | None]:
    ink, paper = _colour(style.foreground), _colour(style.background)
    if style.reverse:
        return paper or _BACKGROUND, ink or _FOREGROUND
    return ink or _FOREGROUND, paper


def _colour(colour: Colour) -> str | None:
    if colour is None or isinstance(colour, tuple):
        return None if colour is None else "#{:02x}{:02x}{:02x}".format(*colour)
    return _PALETTE[colour]


def _attributes(style: Style) -> str:
    lines = ("underline", style.underline), ("line-through", style.strike)
    drawn = " ".join(name for name, is_set in (*lines, ("overline", style.overline)) if is_set)
    return "".join(
        text
        for text, is_set in (
            (' font-weight="bold"', style.bold),
            (' font-style="italic"', style.italic),
            (' opacity="0.6"', style.dim),
            (f' text-decoration="{drawn}"', drawn),
        )
        if is_set
    )


def _cursor(screen: Screen) -> Iterator[str]:
    row, column, is_visible = screen.cursor
    if is_visible:
        left = min(column, screen.columns - 1) * _CELL
        yield (
            f'<rect x="{left:g}" y="{row * _LINE:g}" width="{_CELL}" height="{_LINE}" '
            f'fill="{_FOREGROUND}" opacity="0.6"/>'
        )
