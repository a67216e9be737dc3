"""tracer.cli.player_cells"""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.escape_vectors import VECTORS
from tracer.cli.player_cells import UNSHOWN, blank, cell_text, found_in, row_text
from tracer.codec.safe import columns_of, safe_text
from tracer.screen.row import Row
from tracer.screen.screen import Screen

OURS = re.compile(r"\x1b\[[0-9;:]*[mKG]")


def row(data: bytes, columns: int = 20) -> Row:
    screen = Screen(columns, 2)
    screen.feed(data)
    return screen.lines[0]


def text(drawn: str) -> str:
    return OURS.sub("", drawn)


def shown(drawn: str, columns: int) -> str:
    """What a terminal of such a width shows of it."""
    screen = Screen(columns, 1)
    screen.feed(drawn.encode())
    return screen.lines[0].text()


@pytest.mark.parametrize(
    ("data", "drawn"),
    [
        (b"plain", "\x1b[m\x1b[K\x1b[mplain"),
        (b"\x1b[1;31mred\x1b[m no", "\x1b[m\x1b[K\x1b[0;1;31mred\x1b[m no"),
        ("a─b".encode(), "\x1b[m\x1b[K\x1b[ma─\x1b[3Gb"),
        ("漢字".encode(), "\x1b[m\x1b[K\x1b[m漢\x1b[3G字\x1b[5G"),
        (b"", "\x1b[m\x1b[K"),
    ],
)
def test_a_row_is_drawn(data: bytes, drawn: str) -> None:
    """In colour; behind what isn't ASCII the cursor is put where it belongs."""
    assert row_text(row(data), 0, 20) == drawn


def test_a_part_of_a_row_is_drawn() -> None:
    """Half a wide character is none."""
    wide = row("ab漢字cd".encode())
    assert text(row_text(wide, 2, 8)) == "漢字cd"
    assert text(row_text(wide, 3, 5)) == "  "
    assert text(row_text(wide, 0, 3)) == "ab "


@pytest.mark.parametrize(
    ("cell", "columns", "drawn"),
    [
        ("a", 1, "a"),
        ("\\", 1, "\\"),
        ("漢", 2, "漢"),
        ("漢", 1, UNSHOWN),
        ("a", 2, UNSHOWN + " "),
        ("\x1b", 1, UNSHOWN),
        ("\x9b", 1, UNSHOWN),
        ("\u202e", 1, UNSHOWN),
        ("\u3164", 2, UNSHOWN + " "),
        ("\ue0b0", 1, UNSHOWN),
        ("\ud800", 1, UNSHOWN),
        ("e\u0301", 1, "e\u0301"),
        ("e\u202e\u0301\ufe0f\x07", 1, "e\u0301"),
        ("e" + "\u0301" * 99, 1, "e" + "\u0301" * 4),
    ],
)
def test_a_cell_is_printable_and_as_wide_as_it_is(cell: str, columns: int, drawn: str) -> None:
    """Whatever a hostile recording has in it."""
    assert cell_text(cell, columns) == drawn
    assert columns_of(drawn) == columns


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_no_attack_comes_through(vector: bytes) -> None:
    """All that is drawn is plain to see, in our sequences alone."""
    screen = Screen(30, 3)
    screen.feed(b"before" + vector + b"after")
    for line in screen.lines:
        assert all(safe_text(char) == char for char in text(row_text(line, 0, 30)))


@settings(max_examples=60)
@given(st.text(max_size=30), st.integers(0, 12), st.integers(1, 12))
def test_a_drawn_row_shows_what_the_row_shows(data: str, start: int, columns: int) -> None:
    """On a terminal that draws as the model does."""
    line = row(data.encode("utf-8", "surrogatepass"), 24)
    drawn = row_text(line, start, start + columns)
    part = "".join(
        cell_text(cell, 2 if line.cells[n + 1 : n + 2] == [""] else 1) if cell else ""
        for n, cell in enumerate(line.cells)
    )
    if start == 0 and columns >= len(line.cells):
        assert shown(drawn, columns) == part.rstrip(" ")
    assert columns_of(text(drawn)) <= columns


def test_what_was_searched_stands_out() -> None:
    """In any case of letters, behind wide characters too."""
    line = row("漢 Hello hello".encode())
    assert found_in(line, "HELLO") == {3, 4, 5, 6, 7, 9, 10, 11, 12, 13}
    assert found_in(line, "none") == set()
    assert found_in(line, "") == set()
    assert "\x1b[0;1;7mHello\x1b[m" in row_text(line, 0, 20, found_in(line, "Hello") - {9})


def test_a_row_of_ours_is_dim() -> None:
    """Or blank."""
    assert blank() == "\x1b[m\x1b[K"
    assert blank("help") == "\x1b[m\x1b[K\x1b[0;2mhelp"
