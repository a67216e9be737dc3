"""tracer.store.terminal"""

from __future__ import annotations

import random
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.store.terminal import ROW_CHARS, Terminal


def rows_of(*pieces: str, width: int = 80) -> list[str]:
    """What pieces of output finish, and last what they leave unfinished."""
    terminal = Terminal()
    finished = [row for piece in pieces for row in terminal.feed(piece, width)]
    return [*finished, terminal.row] if terminal.row else finished


@pytest.mark.parametrize(
    ("shown", "rows"),
    [
        ("helk\b\x1b[Klo\r\n", ["hello"]),
        ("one\r\n\r\n  \r\ntwo\n", ["one", "two"]),
        ("\x1b[0m\x1b[01;34mdir\x1b[0m  file\r\n", ["dir  file"]),
        ("\x1b[?2004h\x1b]0;alice@lab: ~\x07alice@lab:~$ ls\r\n", ["alice@lab:~$ ls"]),
        ("\x1bP+q544e\x1b\\a\x1b]52;c;aGk=\x07b\x1bktitle\x1b\\c\n", ["abc"]),
        ("a\tb\n", ["a       b"]),
        ("left\x1b[4Cright\n", ["left    right"]),
        ("abcdef\x1b[3DXY\x1b[1P\n", ["abcXY"]),
        ("abef\x1b[2D\x1b[2@cd\n", ["abcdef"]),
        ("abcd\x1b[3D\x1b[2X\n", ["a  d"]),
        ("abcd\x1b[2D\x1b[1K\n", ["abcd", "   d"]),
        ("日本\b\bx語\n", ["日x語"]),
        ("cafe\u0301 ok\n", ["cafe\u0301 ok"]),
        ("\x1b[H\x1b[2Jtop\x1b[5;1Hfive\x1bMup", ["top", "five", "up"]),
        ("\x1b[31munfinished", ["unfinished"]),
        ("bell\x07 and \x00nothing\x7f\n", ["bell and nothing"]),
        ("", []),
    ],
)  # fmt: skip
def test_rows_read_as_on_the_screen(shown: str, rows: list[str]) -> None:
    """Typing errors, colours and titles go; moving the cursor to another place begins a row."""
    assert rows_of(shown) == rows


@pytest.mark.parametrize(
    ("shown", "rows"),
    [
        ("rm -rf /\rls -la\n", ["rm -rf /", "ls -la /"]),
        ("10%\r20%\r30%\r\n", ["10%", "20%", "30%"]),
        ("secret\r\x1b[Kpublic\n", ["secret", "public"]),
        ("secret\x1b[2K\rpublic\n", ["secret", "public"]),
        ("$ \r$ ls\n", ["$ ls"]),
    ],
)
def test_what_is_drawn_over_from_its_beginning_is_a_row(shown: str, rows: list[str]) -> None:
    """A carriage return hides nothing; but what only comes again is no other row."""
    assert rows_of(shown) == rows


def test_a_row_that_fills_two_of_the_screen_is_one() -> None:
    """As readline writes it: a space and a carriage return where the screen's row ends."""
    assert rows_of("$ abcdefgh \rij\r\n", width=10) == ["$ abcdefghij"]


@given(
    st.lists(
        st.sampled_from(["l", "s", "\r", "\n", "\b", "\x1b[", "31", "K", "m", "\x1b]0;t\x07", "é"])
    )
)
def test_where_output_is_cut_makes_no_difference(pieces: list[str]) -> None:
    """Letter by letter or in one go; a sequence may be cut anywhere."""
    assert rows_of(*"".join(pieces)) == rows_of("".join(pieces))


def test_a_terminal_goes_on_from_its_state() -> None:
    """Between any two letters."""
    shown = "$ lx\bs\x1b[01;34m -la\r\n"
    terminal, rows = Terminal(), []
    for char in shown:
        rows += terminal.feed(char)
        terminal = Terminal.from_state(terminal.state())
    assert rows == ["$ ls -la"]


def test_col_sees_the_same_rows() -> None:
    """`col -b` does the same to backspaces, carriage returns and overtyping."""
    chance = random.Random(4)
    shown = "\n".join("".join(chance.choices("abcd\b\r", k=30)) for _ in range(200)) + "\n"
    lines = subprocess.run(["col", "-bx"], input=shown, text=True, capture_output=True, check=True)
    terminal = Terminal()
    for line, expected in zip(shown.split("\n"), lines.stdout.split("\n"), strict=True):
        last = terminal.feed(line + "\n")[-1:]
        assert "".join(last).rstrip() == expected.rstrip()


@given(st.text("abc\x1b[]();?m0123456789HKJPGCD@X\x07\\\r\n\t\b語\u0301"))
def test_nothing_breaks_a_terminal(shown: str) -> None:
    """Whatever comes: rows of text, none too long, none with a control character."""
    for row in rows_of(shown):
        assert len(row) <= ROW_CHARS
        assert not any(char < " " for char in row)


def test_a_row_ends_when_it_is_too_long() -> None:
    """In pieces; nothing is dropped."""
    rows = rows_of("x" * 10_000 + "\n")
    assert "".join(rows) == "x" * 10_000
    assert max(map(len, rows)) <= ROW_CHARS


@pytest.mark.parametrize("unit", ["\r", "\x1b", "\x1b[", "\x1b]0;", "\x1b[9999C", "\x1b[9@", "a\r"])
def test_no_output_makes_it_slow(unit: str) -> None:
    """A whole record of what means most work takes no time that anybody notices."""
    began = time.monotonic()
    rows_of(unit * (65536 // len(unit)))
    assert time.monotonic() - began < 5
