"""Floods: output of which most rows scroll away at once, and need no screen to be read.

Invariant: what is fed before and after leaves the screen as all of it would, its history too.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tracer.screen.grid import HISTORY
from tracer.screen.screen import Screen

_LEAST_BYTES: Final = 1 << 14
_LINES: Final = re.compile(
    rb"(?: [\x20-\x7e]* (?: \x1b\[[0-9;]{0,32}m [\x20-\x7e]* )* \r\n )+", re.VERBOSE
)
_COLOUR: Final = re.compile(rb"\x1b\[[0-9;]*m")
_RESETS: Final = (b"\x1b[m", b"\x1b[0m")


class Passing(NamedTuple):
    """`rows`: what scrolls away between what is to be fed `before` and `after`."""

    before: bytes
    rows: list[str]
    after: bytes


def flood(screen: Screen, data: bytes) -> Passing | None:
    """An output that is a flood; None for nearly all."""
    if len(data) < _LEAST_BYTES or not _is_plain(screen):
        return None
    kept = HISTORY + 2 * screen.rows
    run = _LINES.match(data)
    if run is None or data.count(b"\r\n", 0, run.end()) < 2 * kept:
        return None
    begin, end = data.find(b"\r\n") + 2, _start_of_last(data, kept, run.end())
    between = data[begin:end]
    colours = b""
    if b"\x1b" in between:
        colours = _colours(between)
        between = _COLOUR.sub(b"", between)
    rows = [row.rstrip(" ") for row in between.decode("ascii").split("\r\n")]
    before = data[:begin] + b"\r\n" * screen.rows
    return Passing(before, rows, colours + data[end:])


def _is_plain(screen: Screen) -> bool:
    canvas, controls = screen.canvas, screen.controls
    is_whole = canvas.top == 0 and canvas.bottom == screen.rows - 1
    is_usual = canvas.wraps and not canvas.inserts and not controls.draws[controls.is_shifted]
    is_between = screen.parser.half.state == "ground" and not screen.parser.half.utf8
    return is_whole and is_usual and is_between and not screen.is_alternate


def _start_of_last(data: bytes, lines: int, end: int) -> int:
    for _ in range(lines + 1):
        end = data.rfind(b"\n", 0, end)
    return end + 1


def _colours(between: bytes) -> bytes:
    # Those that still hold at its end.
    last = max(between.rfind(reset) for reset in _RESETS)
    return b"".join(_COLOUR.findall(between, max(last, 0)))
