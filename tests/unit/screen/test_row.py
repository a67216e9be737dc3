"""One row: cells, styles, wide characters."""

from __future__ import annotations

from tracer.screen.row import Row
from tracer.screen.style import PLAIN, Style

RED = Style(foreground=1)


def row_of(text: str) -> Row:
    row = Row()
    row.write(0, text, PLAIN)
    return row


def test_runs_are_what_looks_the_same() -> None:
    """Text and style of each run; the text of a row ends with its last character."""
    row = row_of("ab")
    row.write(4, "cd  ", RED)
    assert row.runs() == [("ab  ", PLAIN), ("cd  ", RED)]
    assert row.text() == "ab  cd"


def test_a_wide_character_is_never_left_in_half() -> None:
    """Overwriting or erasing one cell of it blanks the other."""
    for start, left in ((0, "x 好"), (1, " x好"), (2, "你x"), (3, "你 x")):
        row = Row()
        row.write_wide(0, "你", PLAIN)
        row.write_wide(2, "好", PLAIN)
        row.write(start, "x", PLAIN)
        assert row.text() == left
        row.erase(start, start + 1, None)
        assert row.text() == left.replace("x", " ").rstrip()


def test_moving_and_cropping_divide_no_wide_character() -> None:
    """Half of one that remains is blank."""
    row = row_of("a")
    row.write_wide(1, "你", PLAIN)
    row.delete(1, 1, 5, None)
    assert row.text() == "a"
    row.write_wide(1, "你", PLAIN)
    row.crop(2)
    assert row.text() == "a"


def test_erasing_to_the_end_leaves_nothing_and_a_background_stays() -> None:
    """A plain tail is implicit; one with a background is not."""
    row = row_of("abcdef")
    row.erase(3, 10, None)
    assert row.cells == list("abc")
    row.erase(2, 5, RED)
    assert row.runs() == [("ab", PLAIN), ("   ", RED)]


def test_whoever_cleared_the_flag_sees_each_change() -> None:
    """Writing, erasing, moving."""
    row = row_of("abc")
    changes = (
        lambda: row.write(0, "x", PLAIN),
        lambda: row.erase(0, 1, None),
        lambda: row.delete(0, 1, 5, None),
        lambda: row.insert(0, 1, 5, None),
        lambda: row.crop(2),
    )
    for change in changes:
        row.is_dirty = False
        change()
        assert row.is_dirty
