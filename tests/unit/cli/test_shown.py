"""tracer.cli.shown"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.escape_vectors import VECTORS
from tracer.cli.shown import rows_of

# What these do is more than drawing: an operator must see that it was there.
ACTIVE = (
    "title report", "clipboard set (OSC 52)", "clipboard query (OSC 52)", "DECRQSS", "XTGETTCAP",
    "answerback (ENQ)", "device attributes", "device status report", "media copy (print)",
    "tmux passthrough", "iTerm2 file (OSC 1337)", "kitty graphics (APC)", "raw C1 CSI",
    "raw C1 OSC", "C1 as UTF-8", "full reset (RIS)", "font query (OSC 50)", "repeat bomb (REP)",
    "sixel", "unfinished sequence", "unfinished string", "backspace overwrite", "NUL, DEL",
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"\x1b[0m\x1b[01;34mdir\x1b[0m  file\r\n", ["dir  file"]),
        (b"\x1b[?2004h\x1b]0;alice@lab: ~\x07alice@lab:~$ ", ["alice@lab:~$"]),
        (b"\x1bkls\x1b\\total 0\x1b[K\r\n", ["total 0"]),
        (b"\x1b[31mred\x1b(B\x1b[m\x0f plain", ["red plain"]),
        (b"a\tb", ["a       b"]),
        (b"one\n\n   \r\n\rtwo\n", ["one", "two"]),
        (b"\x1b[H\x1b[2Jtop\x1b[5;1Hfive\x1b[6dsix\x1bMup", ["top", "five", "six", "up"]),
        (b"left\x1b[30Cright", ["left right"]),
        (b"\x1b]8;;http://a.test\x1b\\name\x1b]8;;\x1b\\", ["name"]),
        (b"\x1b[8mhidden\x1b[28m", ["hidden"]),
        (b"\x1b[38:2::1:2:3mtrue\x1b[0m", ["true"]),
        (b"\xff", ["\udcff"]),
        (b"\x1b[0m\x1b[K\r\n", []),
        (b"", []),
    ],
)
def test_rows_read_as_on_the_screen(data, rows):
    """Colours, titles and modes go; moving the cursor elsewhere begins a row."""
    assert rows_of(data) == rows


def test_what_is_drawn_over_is_still_there():
    """A carriage return can't hide what was shown before it."""
    assert rows_of(b"rm -rf /\rls -la  \r\n") == ["rm -rf /", "ls -la"]


@pytest.mark.parametrize("name", ACTIVE)
def test_what_does_more_than_draw_stays(name):
    """Queries, clipboards, strings to the terminal: none of their bytes is taken out."""
    attack = VECTORS[name].decode("utf-8", "surrogateescape")
    assert rows_of(VECTORS[name]) == [attack]


@given(st.text("abc[]();?m0123456789H\x1b\x07\\ \r\n\t"))
def test_no_letter_outside_a_sequence_is_lost(text):
    """Letters that no escape character precedes all arrive, in order."""
    plain = text.replace("\x1b", "")
    shown = "".join(rows_of(plain.encode()))
    assert [char for char in shown if char.isalpha()] == [c for c in plain if c.isalpha()]


@pytest.mark.parametrize(
    "unit", [b"\r", b"\x1b", b"\x1b[", b"\x1b]0;", b"\x1b[1;", b"\n", b"\x1bk"]
)
def test_no_input_makes_it_slow(unit):
    """A whole record of what the patterns begin with takes no time that anybody notices."""
    began = time.monotonic()
    rows_of(unit * (65536 // len(unit)))
    assert time.monotonic() - began < 2
