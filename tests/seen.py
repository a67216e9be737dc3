"""What a terminal shows, cell for cell, in a form that compares: of a Screen, and of what tmux's
`capture-pane -e -N` printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tracer.screen.screen import Screen
from tracer.screen.style import PLAIN, Style, rendition

Cells = tuple[tuple[str, Style], ...]

_TOKEN = re.compile(r"\x1b\[([\d;:]*)m|(\x0e)|(\x0f)|(.)", re.DOTALL)
_LINES = dict(
    zip("+,-.0`abcdefghijklmnopqrstuvwxyz{|}~", "→←↑↓█◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·", strict=True)
)


class Seen(NamedTuple):
    """`cursor`: row, column, whether it is shown. A row's cells are without what is blank and plain
    at its end."""

    columns: int
    rows: int
    cursor: tuple[int, int, bool]
    lines: tuple[Cells, ...]

    def difference(self, other: Seen) -> str:
        """Where two part, for people; nothing if they are equal."""
        found = [
            f"row {row}: {_told(mine)} | {_told(theirs)}"
            for row, (mine, theirs) in enumerate(zip(self.lines, other.lines, strict=False))
            if mine != theirs
        ]
        if self[:3] != other[:3]:
            found.insert(0, f"{self[:3]} | {other[:3]}")
        return "\n".join(found)


def shown(screen: Screen) -> Seen:
    """What a Screen shows, but what was filled with a background and never written to: that is not
    in what tmux prints."""
    lines = [
        [
            (character, style)
            for cell, style in zip(row.cells[: row.used], row.styles, strict=False)
            for character in cell
        ]
        for row in screen.lines
    ]
    cursor = screen.cursor
    where = (cursor.row, cursor.column, cursor.is_visible)
    return Seen(screen.columns, screen.rows, where, tuple(map(_stripped, lines)))


def captured(
    columns: int, rows: int, cursor: tuple[int, int, bool], printed: Sequence[str]
) -> Seen:
    """What tmux says that a pane shows; `printed` a row each. A cursor that a narrower screen left
    outside is taken for one at its edge."""
    cells, (row, column, is_visible) = _Printed(), cursor
    where = row, min(column, columns), is_visible
    return Seen(columns, rows, where, tuple(_stripped([*cells.of(line)]) for line in printed))


class _Printed:
    # How a cell looks goes on from one row to the next.
    def __init__(self) -> None:
        self._style = PLAIN
        self._draws_lines = False

    def of(self, line: str) -> Iterator[tuple[str, Style]]:
        for match in _TOKEN.finditer(line):
            rendering, out, back, character = match.groups()
            if rendering is not None:
                # tmux 3.3a writes 53, overlined, as if it were a kind of underline.
                fields = [b"53" if f == "5:3" else f.encode() for f in rendering.split(";")]
                self._style = rendition(self._style, fields)
            elif out or back:
                self._draws_lines = bool(out)
            else:
                drawn = _LINES.get(character, character) if self._draws_lines else character
                yield drawn, self._style


def _stripped(cells: list[tuple[str, Style]]) -> Cells:
    while cells and cells[-1] == (" ", PLAIN):
        cells.pop()
    return tuple(cells)


def _told(cells: Cells) -> str:
    parts, before = [], PLAIN
    for character, style in cells:
        if style != before:
            changed = {name: value for name, value in style._asdict().items() if value}
            parts.append(f"{{{' '.join(f'{name}={value}' for name, value in changed.items())}}}")
            before = style
        parts.append(character)
    return repr("".join(parts))
