"""tracer.cli.player_paint"""

from __future__ import annotations

import pytest

from tracer.cli.player_cells import blank
from tracer.cli.player_paint import Painter
from tracer.screen.screen import Screen


def screen(data: bytes, columns: int = 10, rows: int = 4) -> Screen:
    made = Screen(columns, rows)
    made.feed(data)
    return made


class Shown:
    """A terminal on which a painter paints."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = Screen(columns, rows)
        self.painter = Painter(columns, rows)

    def paint(self, recorded: Screen, wanted: str = "", over: tuple[str, ...] = ()) -> list[str]:
        written = self.painter.paint(recorded, blank("status"), wanted, over)
        self.screen.feed(b"\x1b[?7l" + written.encode())
        self.written = written
        return [row.text() for row in self.screen.lines]


def test_the_screen_stands_above_the_status() -> None:
    """With an edge where the terminal is larger, and the cursor."""
    shown = Shown(14, 7)
    recorded = screen(b"one\r\ntwo")
    assert shown.paint(recorded) == [
        "one       │", "two       │", "          │", "          │", "──────────", "", "status",
    ]  # fmt: skip
    assert shown.screen.cursor == (1, 3, True)


def test_only_what_changed_is_painted() -> None:
    """Nothing twice."""
    shown, recorded = Shown(10, 5), screen(b"one\r\ntwo")
    shown.paint(recorded)
    recorded.feed(b" 2")
    assert shown.paint(recorded)[:2] == ["one", "two 2"]
    assert "one" not in shown.written
    shown.paint(recorded)
    assert "two" not in shown.written


def test_what_scrolled_is_painted() -> None:
    """A row is where it is now."""
    shown, recorded = Shown(10, 5), screen(b"1\r\n2\r\n3\r\n4")
    shown.paint(recorded)
    recorded.feed(b"\r\n5")
    assert shown.paint(recorded) == ["2", "3", "4", "5", "status"]


@pytest.mark.parametrize(
    ("at", "rows"),
    [
        (b"\x1b[1;1H", ["0123456", "row 2xx", "row 3xx"]),
        (b"\x1b[1;20H", ["defghij", "xxxxxxx", "xxxxxxx"]),
        (b"\x1b[9;1H", ["row 7xx", "row 8xx", "row 9xx"]),
    ],
)
def test_a_larger_screen_follows_the_cursor(at: bytes, rows: list[str]) -> None:
    """No further than it must."""
    shown = Shown(7, 4)
    lines = [b"0123456789abcdefghij", *(b"row %d" % n + b"x" * 15 for n in range(2, 10))]
    recorded = screen(b"\r\n".join(lines) + at, 20, 9)
    assert shown.paint(recorded) == [*rows, "status"]
    assert shown.painter.window(recorded).clips(recorded)
    line, column, is_visible = shown.screen.cursor
    assert (is_visible, 0 <= line < 3, 0 <= column < 7) == (True, True, True)


def test_a_hidden_cursor_is_hidden() -> None:
    """As it was."""
    shown = Shown(10, 5)
    shown.paint(screen(b"x\x1b[?25l"))
    assert not shown.screen.cursor.is_visible


def test_help_stands_over_it() -> None:
    """And goes again."""
    shown, recorded = Shown(10, 5), screen(b"one\r\ntwo")
    assert shown.paint(recorded, over=(blank("help"),))[:2] == ["help", "two"]
    assert shown.paint(recorded)[:2] == ["one", "two"]


def test_found_text_stands_out() -> None:
    """In every row."""
    shown = Shown(10, 5)
    shown.paint(screen(b"a b a"), "a")
    assert [style.reverse for text, style in shown.screen.lines[0].runs() if text.strip()] == [
        True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (80, 1), (1, 50)])
def test_a_tiny_terminal_is_no_error(size: tuple[int, int]) -> None:
    """However little it shows."""
    Shown(*size).paint(screen("漢字x".encode() * 20))
