"""A screen takes anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.screens import PROGRAMS, SIZES
from tracer.screen.screen import LARGEST, MOST_CELLS, Screen


@given(st.lists(st.tuples(PROGRAMS, SIZES), max_size=6))
def test_whatever_comes_a_screen_stays_one(steps: list[tuple[bytes, tuple[int, int]]]) -> None:
    """Rows within their columns, the cursor within the screen."""
    screen = Screen(20, 5)
    for data, size in steps:
        screen.feed(data)
        screen.resize(*size)
        assert (screen.columns, screen.rows) == size
        assert len(screen.lines) == screen.rows
        assert all(len(row.cells) == len(row.styles) <= screen.columns for row in screen.lines)
        assert 0 <= screen.cursor.row < screen.rows
        assert 0 <= screen.cursor.column <= screen.columns


def test_sizes_are_clamped() -> None:
    """A hostile recording may say any."""
    screen = Screen(0, -5)
    assert (screen.columns, screen.rows) == (1, 1)
    screen.resize(10**9, 10**9)
    assert (screen.columns, screen.rows) == (LARGEST, MOST_CELLS // LARGEST)
    screen.resize(1, 10**9)
    assert (screen.columns, screen.rows) == (1, LARGEST)
