"""tracer.export.text"""

from __future__ import annotations

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.export.made import SECOND, Made, showing, written
from tracer.export.text import MARK, write
from tracer.replay.recording import Claimed, Gap, Output, Resized
from tracer.screen.screen import Screen


def read(made, *cut):
    return written(write, made, *cut).decode().splitlines()


def test_rows_that_scrolled_and_the_last_screen():
    """Each once, in order, as they were read: corrected, joined where they wrapped."""
    rows = "".join(f"{number}\r\n" for number in range(20))
    found = read(showing(rows, "helk\b \blo\r\n", "w" * 100))
    assert found == [*map(str, range(20)), "hello", "w" * 100]


def test_words_are_apart_where_rows_wrap():
    """The blank between them may be the last of a row."""
    assert read(showing("w" * 79 + " next")) == ["w" * 79 + " next"]


def test_a_full_screen_program():
    """What it showed last, before what was there before it."""
    found = read(showing("$ vim\r\n", "\x1b[?1049h\x1b[Hold", "\x1b[Hnew\x1b[?10", "49l$ "))
    assert found == ["new", "", "$ vim", "$"]


def test_a_gap_is_told():
    """In its place, by a line that nothing captured can be."""
    found = read(Made(Output(0, f"{MARK} me\r\n".encode()), Gap(SECOND, None, 7, "lost")))
    assert found == [f"{MARK} after 1.000 s: GAP: lost, 7 bytes", "\\u2504 me"]


def test_a_claim_is_no_part_of_what_was_before():
    """What was shown comes first, then what is claimed."""
    screen = Screen(40, 6)
    screen.feed(b"claimed")
    found = read(Made(Output(0, b"seen"), Claimed(0, screen), Output(1, b"!"), Resized(2, 80, 24)))
    assert found == ["seen", f"{MARK} after 0.000 s: CLAIM: from here on as tmux says that it was",
                     "claimed!"]  # fmt: skip


@pytest.mark.parametrize("attack", VECTORS.values(), ids=VECTORS.keys())
def test_nothing_but_printable_text(attack):
    """Whatever was shown."""
    assert all(line.isprintable() for line in read(showing(attack)))
