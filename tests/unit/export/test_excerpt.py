"""tracer.export.excerpt"""

from __future__ import annotations

from tests.unit.export.made import SECOND, Made, final_screen, showing
from tracer.export.excerpt import excerpt, still
from tracer.replay.recording import Mark, Resized

FOUR = showing("one ", "two ", "three ", "four", marks=[Mark(2 * SECOND, "command", "ls")])


def text(screen):
    return "\n".join(row.text() for row in screen.lines).strip()


def test_the_whole():
    """All events, from the beginning, on a blank screen."""
    part = excerpt(FOUR)
    assert text(part.screen) == ""
    assert (part.start_ns, part.duration_ns) == (FOUR.start_ns, 4 * SECOND)
    assert [event.at_ns for event in part.events] == [n * SECOND for n in (1, 2, 3, 4)]


def test_a_part_begins_with_what_was_shown():
    """What happened before is on the screen; times count from the part's beginning."""
    part = excerpt(FOUR, 2 * SECOND, 3 * SECOND)
    assert text(part.screen) == "one"
    assert part.start_ns == FOUR.start_ns + 2 * SECOND
    assert part.marks == [Mark(0, "command", "ls")]
    assert [event.at_ns for event in part.events] == [0, SECOND]


def test_what_is_outside_is_left_out():
    """A part beyond the end is the end."""
    part = excerpt(FOUR, 9 * SECOND, 20 * SECOND)
    assert (part.duration_ns, list(part.marks)) == (0, [])
    assert text(final_screen(part)) == "one two three four"
    assert list(excerpt(FOUR, -5, 0).events) == []


def test_a_still_has_all_until_then():
    """What happens at that very moment, too, sizes included."""
    assert text(still(FOUR, 2 * SECOND)) == "one two"
    assert text(still(FOUR, 99 * SECOND)) == "one two three four"
    assert text(still(FOUR, -1)) == ""
    assert still(Made(Resized(SECOND, 10, 3)), SECOND).columns == 10
