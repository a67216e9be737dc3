"""tracer.screen.captured: a screen from tmux's words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracer.screen.captured import captured
from tracer.screen.screen import Screen

_PLAIN: dict[str, Any] = {"region": (0, 2), "tabs": (8,)}


def _texts(screen: Screen) -> list[str]:
    return [row.text() for row in screen.lines]


def test_the_rows_stand_where_they_stood() -> None:
    """Colours go on from row to row, as tmux leaves them; what comes next has none."""
    text = b"\x1b[31mred\n\n\xe6\xbc\xa2 still\x1b[0m\n"
    screen = captured((20, 3), text, (1, 4), **_PLAIN)
    assert _texts(screen) == ["red", "", "漢 still"]
    assert screen.cursor == (1, 4, True)
    assert not screen.is_alternate
    colours = {style.foreground for _, style in screen.lines[2].runs() if _.strip()}
    assert colours == {1}
    screen.feed(b"plain")
    assert screen.lines[1].runs()[-1][1].foreground is None


def test_line_drawing_is_drawn_and_ends() -> None:
    """SO and SI stand around it."""
    screen = captured((20, 3), b"\x0elqk\x0f lqk\n\x0eq\n\n", (2, 0), **_PLAIN)
    screen.feed(b"\x0eq")
    assert _texts(screen) == ["┌─┐ lqk", "─", "q"]


def test_what_stood_behind_a_full_screen_program_comes_back() -> None:
    """With its cursor."""
    saved = b"$ ls\na b\n$ vim\n", (2, 5)
    screen = captured((20, 3), b"~\n~\n-- INSERT\n", (0, 1), saved=saved, **_PLAIN)
    assert screen.is_alternate
    assert _texts(screen) == ["~", "~", "-- INSERT"]
    screen.feed(b"\x1b[?1049l")
    assert _texts(screen) == ["$ ls", "a b", "$ vim"]
    assert screen.cursor == (2, 5, True)


def test_the_modes_hold() -> None:
    """What comes next is inserted, wrapped, scrolled and stepped as in the pane."""
    screen = captured(
        (10, 3), b"abc\nmid\nend\n", (1, 0), region=(0, 1), tabs=(4,), inserts=True,
        is_cursor_visible=False,
    )  # fmt: skip
    assert screen.cursor == (1, 0, False)
    screen.feed(b">")
    assert _texts(screen)[1] == ">mid"
    screen.feed(b"\r\ttab")
    assert _texts(screen)[1] == ">midtab"
    screen.feed(b"\n")
    assert _texts(screen) == [">midtab", "", "end"]


def test_a_row_that_is_full_wraps_next() -> None:
    """The cursor is behind the last column then."""
    screen = captured((4, 3), b"full\n\n\n", (0, 4), **_PLAIN)
    screen.feed(b"x")
    assert _texts(screen) == ["full", "x", ""]


def test_origin_counts_from_the_region() -> None:
    """The cursor stays where it was until something moves it."""
    screen = captured((9, 3), b"\n\n\n", (2, 2), region=(1, 2), tabs=(), is_origin=True)
    assert screen.cursor == (2, 2, True)
    screen.feed(b"\x1b[Hx")
    assert _texts(screen) == ["", "x", ""]


@given(st.binary(max_size=300), st.integers(-5, 2000), st.integers(-5, 2000))
def test_anything_is_a_screen(text: bytes, one: int, other: int) -> None:
    """Whatever a server says."""
    screen = captured((80, 3), text, (one, other), region=(one, other), tabs=(one, other))
    assert 0 <= screen.cursor.row < 3
    assert len(screen.lines) == 3


def test_rows_that_are_too_many_or_too_long_stay_outside() -> None:
    """They don't push others away."""
    screen = captured((4, 2), b"abcdefgh\nnext\nmore\n", (0, 0), region=(0, 1), tabs=())
    assert _texts(screen)[1] == "next"
    assert len(screen.take_scrolled()) == 0
