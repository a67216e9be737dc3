"""What tmux says that a pane shows: a picture of its screen.

Invariant: all of it is claim; a hostile server can say anything, within the bounds that observe/
checks.
"""

from __future__ import annotations

from typing import NamedTuple


class Cursor(NamedTuple):
    """Where the next character goes, from 0; `column` is the width where the last one filled the
    row, and the next begins another."""

    row: int
    column: int


class Modes(NamedTuple):
    """How the pane takes what comes: tmux's flags of these names."""

    is_cursor_visible: bool
    inserts: bool
    is_origin: bool
    wraps: bool


class Capture(NamedTuple):
    """A screen of `columns` x `rows`.

    `text`: its rows, each ended by a newline, exact: characters, SGR (ECMA-48), SO and SI around
    line drawing, OSC 8 around links. An SGR of one row holds in the next. `top` and `bottom`: the
    rows of the scroll region, `tabs` the columns of the tab stops. In the alternate screen,
    `saved_text` and `saved_cursor` are what stands behind it.
    """

    columns: int
    rows: int
    cursor: Cursor
    modes: Modes
    top: int
    bottom: int
    tabs: tuple[int, ...]
    text: bytes
    saved_text: bytes | None = None
    saved_cursor: Cursor | None = None
