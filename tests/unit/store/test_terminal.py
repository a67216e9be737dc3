"""tracer.store.terminal"""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.screen.screen import Screen
from tracer.store.terminal import ROW_CHARS, Terminal


def rows_of(*pieces: str, columns: int = 80, rows: int = 24) -> list[list[str]]:
    """For each output what came up with it; last, what the cursor's row is then. A row that was
    left stands behind those of the output before."""
    terminal = Terminal(Screen(columns, rows))
    found: list[list[str]] = []
    for piece in pieces:
        seen = terminal.feed(piece.encode())
        if seen.left:
            found[-1].append(seen.left)
        found.append(seen.rows)
    return [*found, [terminal.give()]]


@pytest.mark.parametrize(
    ("shown", "rows"),
    [
        ("helk\b\x1b[Klo\r\n", ["hello"]),
        ("one\r\n\r\n  \r\ntwo\r\n", ["one", "two"]),
        ("\x1b[0m\x1b[01;34mdir\x1b[0m  file\r\n", ["dir  file"]),
        ("\x1b[?2004h\x1b]0;alice@lab: ~\x07alice@lab:~$ ls\r\n", ["alice@lab:~$ ls"]),
        ("a\tb\r\n", ["a       b"]),
        ("left\x1b[4Cright\r\n", ["left    right"]),
        ("ls -la\r\nrm\rls\r\n", ["ls -la", "ls"]),
        ("日本\b\b\b\bx \r\n", ["x 本"]),
        ("cafe\u0301 ok\r\n", ["cafe\u0301 ok"]),
        ("\x1b[?1049h\x1b[5;3Hlast\x1b[2;3Hfirst\x1b[10H", ["  first", "  last"]),
        ("x" * 90 + "\r\n", ["x" * 90]),
        ("", []),
    ],
)  # fmt: skip
def test_rows_are_those_of_the_screen(shown: str, rows: list[str]) -> None:
    """Typing errors, colours and titles are gone; a full-screen program's rows are whole."""
    assert rows_of(shown)[0] == rows


def test_echo_is_one_row() -> None:
    """Letter by letter, with what was corrected; it is there once the cursor has left."""
    typed = ["$ ", "h", "e", "l", "k", "\b\x1b[K", "l", "o", "\r\n"]
    assert rows_of(*typed) == [*[[]] * 8, ["$ hello"], [""]]


@pytest.mark.parametrize(
    "back", ["\r", "\x1b[G", "\x1b[1;1H", "\r\x1b[K", "\x1b[2K\r", "\x1b[1;9H"]
)
def test_a_row_that_is_drawn_over_was_seen(back: str) -> None:
    """What a progress bar showed between two outputs; not what it showed within one."""
    pieces = [
        "Loaded: 10%",
        f"{back[:0]}\rLoaded: 15%{back}\rLoaded: 20%",
        f"{back}\rdone\x1b[K\r\n",
    ]
    assert rows_of(*pieces) == [["Loaded: 10%"], ["Loaded: 20%"], ["done"], [""]]


def test_what_is_the_same_does_not_come_up_again() -> None:
    """Other colours, the same text once more, a row that is cleared and drawn anew; but in another
    row it is something else."""
    first, second = (
        "\x1b[?1049h\x1b[Hone\r\ntwo\x1b[9H",
        "\x1b[H\x1b[31mone\x1b[m\r\n\x1b[2Ktwo\x1b[9H",
    )
    assert rows_of(first, second, "\x1b[H\x1b[Jone\r\ntwo\x1b[9H")[:3] == [["one", "two"], [], []]
    assert rows_of("one\r\n", "one\r\n") == [["one"], ["one"], [""]]


def test_all_that_scrolls_away_has_come_up() -> None:
    """However much of it; and what stands there still."""
    lines = [f"line {number}" for number in range(1000)]
    assert rows_of("".join(f"{line}\r\n" for line in lines))[0] == lines
    single = rows_of(*(f"{line}\r\n" for line in lines))
    assert [row for rows in single for row in rows if row] == lines


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_rows_that_wrap_are_one(size: int) -> None:
    """Also while they scroll away; what is very long comes in pieces."""
    text = "".join(f"word{number} " for number in range(40)) + "\r\n" + "y" * 10_000 + "\r\n"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    found = [row for rows in rows_of(*pieces, columns=20, rows=5) for row in rows if row]
    assert found[0] == text.split(" \r\n", maxsplit=1)[0]
    assert "".join(found[1:]) == "y" * 10_000
    assert max(map(len, found)) <= ROW_CHARS


def test_a_program_that_comes_and_goes() -> None:
    """The rows that it covered don't come up again; what was typed before it does."""
    shown = ["one\r\n$ vim", "\x1b[?1049h\x1b[Hfile\x1b[9H", "\x1b[?1049l", "\x1b[31m\r\n$ ls\r\n"]
    assert rows_of(*shown) == [["one"], ["$ vim", "file"], [], ["$ ls"], [""]]


def test_another_size_brings_nothing_up() -> None:
    """What wraps otherwise was there; a row that is being typed is still one."""
    terminal = Terminal(Screen(10, 4))
    assert terminal.feed(b"one two three four\r\n$ l").rows == ["one two three four"]
    terminal.resize(6, 9)
    assert terminal.feed(b"s\r\n").rows == ["$ ls"]
    terminal.resize(40, 20)
    assert terminal.feed(b"\r\n" * 40).rows == []


SCRIPTS = st.lists(
    st.sampled_from(
        ["ls", "\r", "\n", "\r\n", "\b", "\x1b[", "31", "K", "m", "é", "日", "\x1b[2J", "\x1b[H",
         "x" * 30, "\x1b[?1049h", "\x1b[?1049l", "\x1b[3;4r", "\x1b[2;5H", "\x1b[L", "\x1b[M",
         "\x1bM", "\n" * 9]
    )
)  # fmt: skip


@given(SCRIPTS, st.integers(1, 5))
@settings(deadline=None)
def test_it_goes_on_from_its_state(pieces: list[str], after: int) -> None:
    """At any moment; nothing is told twice, nor left out."""
    one = other = Terminal(Screen(20, 6))
    for number, piece in enumerate(pieces):
        if number % after == 0:
            state, screen = one.state()
            other = Terminal.from_state(state, screen)
        assert one.feed(piece.encode()).rows == other.feed(piece.encode()).rows


@given(SCRIPTS)
@settings(deadline=None)
def test_what_stands_on_the_screen_has_come_up(pieces: list[str]) -> None:
    """All of it, at any moment, but for the cursor's row."""
    terminal, found = Terminal(Screen(20, 6)), set[str]()
    for piece in pieces:
        seen = terminal.feed(piece.encode())
        assert not any("\n" in row for row in seen.rows)
        found |= {*seen.rows, seen.left}
    found.add(terminal.give())
    alone = [row for row in terminal.screen.lines if not row.is_wrapped]
    for row in alone:
        assert any(row.text() in each for each in found)


def test_a_row_that_is_torn_off_comes_up() -> None:
    """What was the rest of another one, until a row was put between."""
    terminal = Terminal.blank(20, 6)
    terminal.feed(b"x" * 30)
    assert terminal.feed(b"ls\x1b[L").rows == ["x" * 20, "x" * 10 + "ls"]


@pytest.mark.parametrize(
    "unit", ["\r", "\x1b", "\x1b[", "\x1b]0;", "\x1b[9999C", "\x1b[9@", "a\r", "x\n"]
)
def test_no_output_makes_it_slow(unit: str) -> None:
    """A whole record of what means most work takes no time that anybody notices."""
    began = time.monotonic()
    rows_of(unit * (65536 // len(unit)), rows=200)
    assert time.monotonic() - began < 5


def test_it_keeps_to_what_a_plain_reader_sees() -> None:
    """Lines of text, in any pieces: all rows in order, each once."""
    chance = random.Random(5)
    for _ in range(20):
        lines = [
            "".join(chance.choices("abc de", k=chance.randrange(60))).strip() for _ in range(90)
        ]
        text = "".join(f"{line}\r\n" for line in lines)
        cuts = [0, *sorted(chance.sample(range(len(text)), 30)), len(text)]
        pieces = [text[one:other] for one, other in pairwise(cuts)]
        found = [row for rows in rows_of(*pieces, columns=25) for row in rows if row]
        assert found == [line for line in lines if line]


DRAWN = st.lists(
    st.one_of(
        st.sampled_from(["ls", "abc ", "word", "\r\n", "\b", "\r", "\x1b[K", "\x1b[1K", "\x1b[2D"]),
        st.tuples(st.integers(1, 9), st.integers(1, 20)).map(lambda at: f"\x1b[{at[0]};{at[1]}H"),
    ),
    max_size=30,
)


@given(DRAWN)
@settings(deadline=None)
def test_another_emulator_shows_the_same_rows(pieces: list[str]) -> None:
    """What comes up with one output is what pyte shows after it."""
    other = pyte.Screen(200, 40)
    pyte.Stream(other).feed("".join(pieces))
    terminal = Terminal(Screen(200, 40))
    seen = terminal.feed("".join(pieces).encode())
    shown = [text for row in other.display if (text := row.rstrip(" "))]
    assert sorted(filter(None, [*seen.rows, terminal.give()])) == sorted(shown)


def test_a_blank_terminal_has_a_size_where_none_is_known() -> None:
    """Each side by itself; one that isn't known changes nothing later."""
    terminal = Terminal.blank(0, 30)
    assert (terminal.screen.columns, terminal.screen.rows) == (80, 30)
    for size in ((0, 10), (10, 0)):
        terminal.resize(*size)
        assert (terminal.screen.columns, terminal.screen.rows) == (80, 30)
    assert Terminal.blank(7, 0).screen.rows == 24


def test_the_same_size_again_changes_nothing() -> None:
    """Of a row that begins above the screen, the beginning is still known."""
    terminal = Terminal.blank(4, 2)
    terminal.feed(b"abcdefghij")
    terminal.resize(4, 2)
    assert terminal.feed(b"\r\n").rows == ["abcdefghij"]
