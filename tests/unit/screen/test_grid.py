"""Rows that scroll, leave, and come back."""

from __future__ import annotations

from tests.screens import screen_of, texts
from tracer.screen.grid import HISTORY, SCROLLED_CELLS, Grid


def test_rows_keep_their_identity_as_they_scroll() -> None:
    """The index follows them by it."""
    screen = screen_of(b"1\r\n2\r\n3\r\n4\r\n5")
    second = screen.lines[1]
    screen.feed(b"\r\n6")
    assert screen.lines[0] is second


def test_rows_that_leave_are_given_once_and_in_order() -> None:
    """By scrolling, by clearing the screen, by leaving the alternate screen."""
    screen = screen_of(b"1\r\n2\r\n3\r\n4\r\n5\r\n6")
    assert [row.text() for row in screen.take_scrolled()] == ["1"]
    assert screen.take_scrolled() == []
    screen.feed(b"\x1b[2J\x1b[Hnew\x1b[?1049h\x1b[Hother\x1b[?1049l")
    assert [row.text() for row in screen.take_scrolled()][:5] == ["2", "3", "4", "5", "6"]
    assert texts(screen)[0] == "new"


def test_the_alternate_screen_is_given_as_it_is_left() -> None:
    """What a full-screen program showed last."""
    screen = screen_of(b"\x1b[?1049h\x1b[Hother")
    screen.take_scrolled()
    screen.feed(b"\x1b[?1049l")
    assert screen.take_scrolled()[0].text() == "other"


def test_what_nobody_takes_is_bounded() -> None:
    """So is the history."""
    screen = screen_of(b"")
    for _ in range(5):
        screen.feed(b"x\n" * 2000)
    assert len(screen.scrolled) < 5000
    assert len(screen.canvas.grid.history) == HISTORY


def test_rows_that_leave_by_short_sequences_are_bounded() -> None:
    """Seven bytes fill a big screen and clear it; a write of plain text loses none."""
    screen = screen_of(b"\x1b#8\x1b[2J" * 60, 500, 500)
    assert sum(len(row.cells) for row in screen.scrolled) <= SCROLLED_CELLS
    screen = screen_of(b"x\r\n" * 20_000, 80, 24)
    assert len(screen.scrolled) == 20_000 + 1 - 24


def test_growing_brings_back_what_scrolled_off_but_not_what_was_cleared() -> None:
    """As in tmux."""
    screen = screen_of(b"1\r\n2\r\n3\r\n4\r\n5\r\n6")
    screen.resize(20, 8)
    assert texts(screen)[:6] == list("123456")
    screen.feed(b"\x1b[2J\x1b[H7")
    screen.resize(20, 20)
    assert texts(screen)[0] == "7"


def test_shrinking_takes_rows_below_the_cursor_first() -> None:
    """Then the ones at the top, which come back."""
    screen = screen_of(b"1\r\n2\r\n3\r\n4\r\n5\x1b[4;1H")
    screen.resize(20, 3)
    assert (texts(screen), screen.cursor.row) == (["2", "3", "4"], 2)
    screen.resize(20, 5)
    assert texts(screen) == ["1", "2", "3", "4", ""]


def test_there_are_always_as_many_rows() -> None:
    """Whatever moves."""
    grid = Grid(5, 4)
    grid.insert_lines(1, 2, 2, None)
    grid.delete_lines(0, 3, 3, None)
    grid.push_lines(1, 3, None)
    grid.push_lines(2, 1, None)
    grid.clear_screen(None)
    assert len(grid.lines) == 4
