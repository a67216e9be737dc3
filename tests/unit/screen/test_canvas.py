"""The cursor, text, and what erases and moves it. What all of it comes to is compared with a real
tmux in tests/screen."""

from __future__ import annotations

import pytest

from tests.screens import screen_of, texts


@pytest.mark.parametrize(
    ("data", "shown", "cursor"),
    [
        (b"a" * 20, ["a" * 20, ""], (0, 20)),
        (b"a" * 20 + b"b", ["a" * 20, "b"], (1, 1)),
        (b"\x1b[?7l" + b"a" * 20 + b"bc", ["a" * 19 + "c", ""], (0, 19)),
        (b"abc\x1b[4h\x1b[1Gxy", ["xyabc", ""], (0, 2)),
        (b"a\tb\x1b[Z\x1b[Zc", ["c       b", ""], (0, 1)),
        (b"abc\x1b[1;2H\x1b[K", ["a", ""], (0, 1)),
        (b"abc\x1b[1;2H\x1b[1K", ["  c", ""], (0, 1)),
        (b"abc\x1b[1;1H\x1b[P", ["bc", ""], (0, 0)),
        (b"abc\x1b[1;1H\x1b[2@", ["  abc", ""], (0, 0)),
        (b"abc\x1b[1;1H\x1b[2X", ["  c", ""], (0, 0)),
        (b"a\r\nb\x1b[H\x1b[L", ["", "a"], (0, 0)),
        (b"a\r\nb\x1b[H\x1b[M", ["b", ""], (0, 0)),
        (b"a\r\nb\x1b[H\x1bM", ["", "a"], (0, 0)),
        (b"a\r\nb\n", ["b", ""], (1, 1)),
        (("a" * 19 + "你").encode(), ["a" * 19, "你"], (1, 2)),
    ],
)
def test_shows(data: bytes, shown: list[str], cursor: tuple[int, int]) -> None:
    """Each operation once."""
    screen = screen_of(data, 20, 2)
    assert texts(screen) == shown
    assert screen.cursor[:2] == cursor


def test_combining_characters_are_bounded() -> None:
    """However many come, a cell stays small."""
    screen = screen_of(b"e" + "\u0301".encode() * 100_000)
    assert len(screen.lines[0].cells[0].encode()) <= 21


def test_erasing_leaves_the_background() -> None:
    """And nothing else of the style."""
    screen = screen_of(b"\x1b[1;44m\x1b[2J")
    assert {style.background for style in screen.lines[0].styles} == {4}
    assert not any(style.bold for style in screen.lines[0].styles)


def test_the_main_screen_comes_back_with_its_cursor() -> None:
    """After a full-screen program."""
    screen = screen_of(b"abc\x1b[?1049h\x1b[2;2Hother")
    assert screen.is_alternate
    screen.feed(b"\x1b[?1049l")
    assert (texts(screen)[0], screen.cursor[:2], screen.is_alternate) == ("abc", (0, 3), False)
