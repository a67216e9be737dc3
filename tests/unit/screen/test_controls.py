"""What control characters and sequences ask for."""

from __future__ import annotations

import pytest

from tests.screens import everything, screen_of, texts
from tracer.screen.controls import PENS


def test_what_tmux_does_not_know_changes_nothing() -> None:
    """Unknown sequences, marks, too many fields, too great numbers."""
    plain = everything(screen_of(b"x"))
    for data in (
        b"\x1b[!p",
        b"\x1b[>1m",
        b"\x1b[5I",
        b"\x1b[?9999h",
        b"\x1b[9999999999A",
        b"\x1b#3",
    ):
        assert everything(screen_of(b"x" + data)) | {"controls": 0} == plain | {"controls": 0}
    assert everything(screen_of(b"x\x1b[" + b"1;" * 23 + b"1m"))["style"].bold is False


def test_the_line_drawing_set_is_drawn() -> None:
    """In G0, and in G1 when shifted out."""
    assert texts(screen_of(b"\x1b(0lqk\x1b(Bq\x1b)0\x0ex\x0fx"))[0] == "┌─┐q│x"


def test_a_character_is_repeated_at_most_to_the_end_of_the_row() -> None:
    """Whatever the count."""
    assert texts(screen_of(b"ab\x1b[2000000000b"))[:2] == ["a" + "b" * 19, ""]


def test_the_title_is_kept_bounded() -> None:
    """As the program set it, unless it is no text."""
    assert screen_of(b"\x1b]2;hello\x1b\\").title == "hello"
    assert screen_of(b"\x1b]0;" + b"x" * 3000 + b"\x07").title == "x" * 512
    assert screen_of(b"\x1b]0;\xff\x07").title == ""


def test_what_was_saved_is_restored() -> None:
    """Cursor, style, character sets and origin mode."""
    screen = screen_of(b"ab\x1b[31m\x1b7\x1b[m\x1b(0\x1b[3;3H\x1b8q")
    assert texts(screen)[0] == "abq"
    assert screen.lines[0].styles[2].foreground == 1


@pytest.mark.parametrize("kind", [b"\x1b[38;2;%d;%d;1m", b"\x1b[%d;%dm"])
def test_however_many_styles_come_they_are_bounded(kind: bytes) -> None:
    """The pens that are remembered."""
    screen = screen_of(b"".join(kind % (n % 256, n // 256) for n in range(2000)))
    assert len(screen.controls._pens) <= PENS
    assert len(screen.controls._pen.after) <= PENS
