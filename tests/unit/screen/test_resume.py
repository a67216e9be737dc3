"""tracer.screen.resume"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.screen.filter import DrawingOnly
from tracer.screen.resume import half_read, resume
from tracer.screen.row import Row
from tracer.screen.screen import Screen
from tracer.screen.style import PLAIN, Style

SEQUENCES = [
    b"text that is longer than a row is wide ",
    "日本 e\u0301".encode(),
    b"\r\n",
    b"\t",
    b"\x1b[1;31m",
    b"\x1b[44m",
    b"\x1b[m",
    b"\x1b[3;2H",
    b"\x1b[2J",
    b"\x1b[K",
    b"\x1b[2;4r",
    b"\x1b[r",
    b"\x1b[4h",
    b"\x1b[4l",
    b"\x1b[?7l",
    b"\x1b[?7h",
    b"\x1b[?25l",
    b"\x1b[?1049h",
    b"\x1b7",
    b"\x1b8",
    b"\x1b(0",
    b"\x1b)0",
    b"\x1b(B",
    b"\x0e",
    b"\x0f",
    b"\x1b[3g",
    b"\x1bH",
    b"\x1bM",
    b"\n\n\n",
]
AFTER = st.lists(st.sampled_from(SEQUENCES), max_size=15).map(b"".join)
PIECES = st.one_of(AFTER, AFTER.map(lambda data: b"\x1b[?1049h" + data + b"\x1b[?1049l"))


def shown(screen: Screen) -> object:
    return [drawn(row) for row in screen.lines], screen.cursor, screen.is_alternate


def drawn(row: Row) -> list[tuple[str, Style]]:
    cells = list(zip(row.cells, row.styles, strict=True))
    while cells and cells[-1] == (" ", PLAIN):
        cells.pop()
    return cells


@given(PIECES, AFTER)
def test_a_screen_goes_on_in_another_terminal(before, after):
    """Whatever its modes are; what that one showed makes no difference."""
    first, second = Screen(20, 5), Screen(20, 5)
    second.feed(b"\x1b[?1049h\x1b[2;3r\x1b(0\x1b[31mxxx")
    first.feed(before)
    second.feed(resume(first))
    assert shown(second) == shown(first)
    after = (b"\x1b[?1049l" if first.is_alternate else b"") + after
    first.feed(after)
    second.feed(after)
    assert shown(second) == shown(first)


def test_places_within_margins():
    """Origin mode goes on: rows count from the margin."""
    first, second = Screen(20, 5), Screen(20, 5)
    first.feed(b"\x1b[2;4r\x1b[?6h\x1b[2;3Hx\x1b7")
    second.feed(resume(first))
    for screen in (first, second):
        screen.feed(b"y\x1b[1Hz\x1b8!")
    assert shown(second) == shown(first)


@given(PIECES)
def test_nothing_but_what_draws_is_used(data):
    """It may be played anywhere."""
    screen = Screen(20, 5)
    screen.feed(data)
    assert DrawingOnly().feed(resume(screen)) == resume(screen).decode()


@pytest.mark.parametrize(
    "data",
    [
        b"\xe2\x82\xacx",
        b"\x1b[?1049hx",
        b"\x1b[1;31mx",
        b"\x1b[>4;2mx",
        b"\x1b[3 qx",
        b"\x1b[" + b"1;" * 40 + b"mx",
        b"\x1b(0qx",
        b"\x1b]0;title\x07x",
        b"\x1b_what\x1b\\x",
        b"\x1bP1;2qwhat\x1b[m\x1b\\x",
    ],
)
def test_what_was_cut_is_read_on(data):
    """Wherever a sequence was cut, its other half is none of the text."""
    whole = Screen(20, 5)
    whole.feed(data)
    for cut in range(1, len(data) - 1):
        screen = Screen(20, 5)
        screen.feed(data[:cut])
        screen.feed(b"\x18" + half_read(screen) + data[cut:])
        assert shown(screen) == shown(whole)
