"""tracer.store.flood"""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
import pyzstd

from tracer.screen.screen import Screen
from tracer.screen.state import pack
from tracer.store.flood import flood
from tracer.store.terminal import Terminal


def lines(count: int, seed: int = 1) -> bytes:
    """Rows as programs write them, in colours, some longer than the screen is wide."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        row = f"{number} " + "".join(chance.choices("ab ", k=chance.choice((9, 30, 90))))
        colour = chance.choice(("", "", "\x1b[31m", "\x1b[m", "\x1b[0m", "\x1b[1;44m"))
        rows.append(f"{row}{colour}x\r\n".encode())
    return b"".join(rows)


def state_of(screen: Screen) -> dict[str, Any]:
    """All of it, but for who has looked at which row."""
    for row in (*screen.canvas.grid.history, *screen.lines, *(screen.canvas.saved_rows or ())):
        row.is_dirty = False
    state: dict[str, Any] = orjson.loads(pyzstd.decompress(pack(screen)))
    return state


@pytest.mark.parametrize("seed", range(6))
def test_it_leaves_the_screen_as_all_of_it_would(seed: int) -> None:
    """The history, the colours and the cursor too; and brings up the same rows."""
    one, other = Terminal(Screen(60, 9)), Terminal(Screen(60, 9))
    before, shown = b"\x1b[2Jone\r\n\x1b[33mtwo", lines(900, seed) + b"\x1b[1mend"
    expected, found = list[str](), list[str]()
    for data in (before, shown):
        assert (flood(one.screen, data) is None) is (data is before)
        found += one.feed(data).rows
        for at in range(0, len(data), 1000):
            expected += other.feed(data[at : at + 1000]).rows
    assert state_of(one.screen) == state_of(other.screen)
    assert [row for row in found if row] == expected


@pytest.mark.parametrize(
    "before",
    ["\x1b[?1049h", "\x1b[2;8r", "\x1b[4h", "\x1b[?7l", "\x1b(0", "\x1b[", "\x1b]0;title"],
)
def test_a_screen_that_does_not_scroll_away_is_read(before: str) -> None:
    """In another mode, or in the middle of a sequence, lines are something else."""
    screen = Screen(60, 9)
    assert flood(screen, lines(900)) is not None
    screen.feed(before.encode())
    assert flood(screen, lines(900)) is None


@pytest.mark.parametrize("between", [b"\x1b[H", b"\t", b"\r", b"\n", b"\xc3\xa9", b"\x07"])
def test_anything_else_among_the_lines_is_read(between: bytes) -> None:
    """What comes before it is no flood then, if it is short."""
    screen = Screen(60, 9)
    assert flood(screen, lines(300) + between + lines(900)) is None
    passing = flood(screen, lines(900) + between + lines(300))
    assert passing is not None
    assert passing.after.count(b"\r\n") >= 300 + 200
