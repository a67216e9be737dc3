"""tracer.export.steps"""

from __future__ import annotations

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.export.made import SECOND, Made, final_screen, showing
from tracer.export.excerpt import excerpt
from tracer.export.steps import Step, label_of, steps
from tracer.replay.recording import (
    Alert,
    Claimed,
    Command,
    Cut,
    Ended,
    Gap,
    Output,
    Resized,
    Typed,
)
from tracer.screen.screen import Screen


def told(made, *cut, **how):
    return list(steps(excerpt(made, *cut), **how))


def screen_of(text, size=(20, 3)):
    screen = Screen(*size)
    screen.feed(text)
    return screen


def played(steps, size=(40, 6)):
    """What a terminal shows that is told these."""
    screen = Screen(*size)
    for _, code, data in steps:
        if code == "o":
            screen.feed(data.encode())
        elif code == "r":
            screen.resize(*(int(number) for number in data.split("x")))
    return [row.text() for row in screen.lines]


def test_each_event_is_a_step():
    """In order; what was not kept of the input is not told."""
    made = Made(
        Output(0, b"$ "),
        Typed(1, 2, b"ls", ()),
        Typed(1, 1, None, ()),
        Command(2, 7, "ls", "alice"),
        Resized(3, 100, 30),
        Resized(3, 100, 30),
        Alert(4, "look"),
        Gap(5, None, 9, "ring full"),
        Ended(6, 7, 130),
    )
    assert told(made) == [
        Step(0, "o", "$ "),
        Step(1, "i", "ls"),
        Step(2, "m", "alice: ls"),
        Step(3, "r", "100x30"),
        Step(4, "m", "ALERT: look"),
        Step(5, "m", "GAP: ring full, 9 bytes"),
        Step(6, "x", "130"),
    ]


def test_labels_are_safe():
    """A command's name does nothing in a player."""
    assert label_of(Command(0, 1, "\x1b]0;x\x07\u202e", None)) == "\\x1b]0;x\\x07\\u202e"
    assert label_of(Gap(0, None, None, "lost")) == "GAP: lost"
    assert label_of(Output(0, b"")) is None


@pytest.mark.parametrize("attack", VECTORS.values(), ids=VECTORS.keys())
def test_what_does_more_than_draw_is_left_out(attack):
    """Nothing is left that a filter would take out again."""
    made = showing(b"a" + attack, b"b")
    texts = "".join(step.data for step in told(made))
    again = "".join(step.data for step in told(showing(texts)))
    assert again == texts
    assert not {"\x07", "\x05", "\x9b", "\x1b]", "\x1bP", "\x1b_", "\u202e"} & set(texts)


def test_exactly():
    """Asked for, each byte is told; those that are no text as surrogates."""
    made = showing(b"\x1b]52;c;eA==\x07\xff", "ä".encode()[:1], "ä".encode()[1:])
    texts = "".join(step.data for step in told(made, is_exact=True))
    assert texts.encode(errors="surrogateescape") == b"\x1b]52;c;eA==\x07\xff\xc3\xa4"


def test_a_character_may_be_cut():
    """One step has it whole."""
    assert [step.data for step in told(showing(b"\xe2\x82", b"\xac"))] == ["€"]


@pytest.mark.parametrize("since", [0, 1, 2, 3, 4])
def test_from_the_midst(since):
    """The first step draws what was shown, with modes and a sequence that was cut in two."""
    made = showing(b"\x1b[?1049h\x1b[2;4r\x1b[4;1Hrow", b"\r\n\x1b[3", b"1mred", b"\x1b[?1049lx")
    whole, part = told(made), told(made, since * SECOND)
    assert played(part) == played(whole) == [row.text() for row in final_screen(made).lines]


def test_a_claim_and_a_cut_are_drawn_anew():
    """Marked, in their size."""
    other = screen_of(b"\x1b(0qqq\x1b[31", (30, 4))
    made = Made(
        Output(0, b"\x1b[?1049hnoise"),
        Claimed(1, screen_of(b"claimed", (40, 6))),
        Output(2, b"!"),
        Cut(3, "other", other),
        Output(4, b"mx"),
    )
    found = told(made)
    assert [step.data for step in found if step.code in "mr"] == [
        "CLAIM: from here on as tmux says that it was",
        "SHOWN: other",
        "30x4",
    ]
    assert played(found[:4])[0] == "claimed!"
    assert played(found)[0] == "───│"
