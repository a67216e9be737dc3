"""tracer.store.captured"""

from __future__ import annotations

import pytest

from tracer.model.capture import Capture, Cursor, Modes
from tracer.screen.paint import sgr
from tracer.screen.screen import Screen
from tracer.store.captured import screen_of

USUAL = Modes(True, False, False, True)
CAPTURE = Capture(10, 3, Cursor(1, 2), USUAL, 0, 2, (), b"$ \x1b[31mred\n$ \n\n")


def texts(screen: Screen) -> list[str]:
    return [row.text() for row in screen.lines]


def test_it_shows_what_was_claimed() -> None:
    """Text, colours, the cursor."""
    screen = screen_of(CAPTURE)
    assert texts(screen) == ["$ red", "$", ""]
    assert [sgr(style) for _, style in screen.lines[0].runs()] == ["\x1b[m", "\x1b[0;31m"]
    assert screen.cursor == (1, 2, True)


def test_line_drawing_is_drawn() -> None:
    """Where tmux writes SO and SI around it; and what is written later is none."""
    screen = screen_of(CAPTURE._replace(text=b"\x0eqx\x0fqx\n"))
    screen.feed(b"\x0eq")
    assert texts(screen) == ["─│qx", "  q", ""]


@pytest.mark.parametrize(("text", "last"), [(b"abcdefghij\n", "j"), ("abcdefgh界\n".encode(), "")])
def test_a_full_row_is_wrapped_behind(text: bytes, last: str) -> None:
    """The cursor can be right of the last column: the next character goes into the next row."""
    screen = screen_of(CAPTURE._replace(text=text, cursor=Cursor(0, 10)))
    assert (screen.cursor.column, screen.lines[0].cells[-1]) == (10, last)
    screen.feed(b"x")
    assert texts(screen)[1] == "x"


def test_what_a_full_screen_program_covers_comes_back() -> None:
    """With the cursor where it was."""
    capture = CAPTURE._replace(text=b"~\n~\n", saved_text=b"$ vi\n", saved_cursor=Cursor(0, 4))
    screen = screen_of(capture)
    assert (screen.is_alternate, texts(screen)) == (True, ["~", "~", ""])
    screen.feed(b"\x1b[?1049l!")
    assert texts(screen) == ["$ vi!", "", ""]


def test_region_tabs_and_modes_hold() -> None:
    """For what comes next."""
    modes = Modes(False, True, True, False)
    capture = CAPTURE._replace(
        text=b"top\na\nb\n", modes=modes, top=1, bottom=2, tabs=(5, 99), cursor=Cursor(2, 0)
    )
    screen = screen_of(capture)
    assert screen.cursor == (2, 0, False)
    screen.feed(b"x\r\n\ty0123456789")
    assert texts(screen) == ["top", "xb", "     y0129"]


def test_a_hostile_one_is_a_screen() -> None:
    """Whatever its numbers are."""
    capture = CAPTURE._replace(cursor=Cursor(-5, 1 << 40), top=-9, bottom=1 << 40, tabs=(-1,))
    assert texts(screen_of(capture))[0] == "$ red"
    assert screen_of(capture._replace(columns=-1, rows=1 << 40)).columns == 1


def test_what_tmux_calls_5_3_is_overlined() -> None:
    """And nothing else: 58:5:3 is a colour."""
    screen = screen_of(CAPTURE._replace(text=b"\x1b[1;5:3mx\x1b[0m\x1b[58:5:3my\n"))
    (_, over), (_, under), *_ = screen.lines[0].runs()
    assert (over.overline, over.bold, over.blink) == (True, True, False)
    assert (under.overline, under.underline_colour) == (False, 3)
