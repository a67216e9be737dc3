"""tracer/replay/seen.py"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.replay.test_memory import made
from tracer.replay.seen import Shown, lines_shown, moments_of

SECOND = 1_000_000_000


def lines(tmp_path: Path, text: str, *parts: str) -> list[tuple[int, str]]:
    """When, in seconds, and what: a part comes each second."""
    recording = made(tmp_path, [[second, "o", part] for second, part in enumerate(parts)])
    found = lines_shown(recording, lambda line: text in line)
    return [(shown.at_ns // SECOND, shown.line) for shown in found]


def test_a_line_is_found_when_it_is_first_shown(tmp_path: Path) -> None:
    """Once, however it grows and scrolls."""
    parts = ["$ m", "ake", " test", "\r\n", *["line\r\n"] * 9]
    assert lines(tmp_path, "make", *parts) == [(1, "$ make")]


def test_corrections_are_as_they_were_seen(tmp_path: Path) -> None:
    """Not as they came."""
    assert lines(tmp_path, "hello", "helk", "\b\x1b[Klo") == [(1, "hello")]


def test_the_same_line_again_is_another(tmp_path: Path) -> None:
    """While the first is still there."""
    parts = ["error\r\n", "x\r\n", "error\r\n"]
    assert lines(tmp_path, "error", *parts) == [(0, "error"), (2, "error")]


def test_what_is_drawn_anew_is_not_found_again(tmp_path: Path) -> None:
    """As a full-screen program does on each key."""
    parts = ["\x1b[?1049hone\r\ntwo", "\x1b[H\x1b[Jone\r\ntwo", "\x1b[2;1Htwo", "\x1b[H\x1b[L"]
    assert lines(tmp_path, "two", *parts) == [(0, "two")]


def test_what_was_away_is_found_again(tmp_path: Path) -> None:
    """When it comes back."""
    parts = ["\x1b[?1049hone", "\x1b[H\x1b[J", "other", "\x1b[H\x1b[Jone"]
    assert lines(tmp_path, "one", *parts) == [(0, "one"), (3, "one")]


def test_rows_that_wrap_are_one_line(tmp_path: Path) -> None:
    """Where the row ends says nothing."""
    text = "a sentence that is longer than a row"
    assert lines(tmp_path, "longer than", text) == [(0, text)]


def test_what_scrolls_by_at_once_is_found(tmp_path: Path) -> None:
    """A screen has five rows."""
    assert lines(tmp_path, "n 77", "".join(f"n {n}\r\n" for n in range(3000))) == [
        (0, line) for line in ["n 77", *[f"n 77{n}" for n in range(10)]]
    ]


@pytest.mark.parametrize("text", ["ÉTÉ", "été"])
def test_letters_in_any_case(tmp_path: Path, text: str) -> None:
    """And a moment but once."""
    recording = made(tmp_path, [[1, "o", "Été\r\nété\r\n"]])
    assert list(moments_of(recording, text)) == [SECOND]
    assert list(lines_shown(recording, lambda line: "x" in line)) == []
    assert Shown(SECOND, "Été") in lines_shown(recording, lambda line: "É" in line)
