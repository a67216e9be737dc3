"""tracer.cli.hands"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import samples
from tracer.cli.hands import by_author, command_text, counted, keys_of, way_of
from tracer.cli.people import People
from tracer.model.context import Command
from tracer.model.hands import How

ALICE, BOB = samples.ALICE, samples.BOB
LABEL = People(samples.names).person


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"ls -l\r", "ls -l⏎"),
        (b"cd /ho\t\x7f\r", "cd /ho⇥⌫⏎"),
        (b"\x03\x1b[A\n", r"\x03\x1b[A\x0a"),
        ("größe ⏎".encode(), r"größe \u23ce"),
        (b"\\\r", "\\⏎"),
        ("\\⏎".encode(), r"\\\u23ce"),
    ],
)
def test_keys_are_visible(data, shown):
    """Enter, tab and backspace have signs, other controls escapes; a sign that was typed has not
    the look of the key."""
    assert keys_of(data) == shown


@given(st.lists(st.sampled_from([*"\r\t\x7f\x03\\⏎⇥u23ce"])), st.data())
def test_no_two_inputs_look_the_same(keys, data):
    """What was typed follows from what is shown."""
    other = data.draw(st.permutations(keys))
    one, two = "".join(keys).encode(), "".join(other).encode()
    assert (keys_of(one) == keys_of(two)) == (one == two)


@pytest.mark.parametrize(
    ("changes", "withheld", "text"),
    [
        ({}, None, ""),
        ({}, "policy", "6 bytes"),
        ({}, "no-echo", "6 bytes, not echoed"),
        ({}, "prompt", "6 bytes, answering a prompt"),
        ({"how": How.PASTE}, None, "paste"),
        ({"how": How.PASTE}, "policy", "paste 6 bytes"),
        ({"how": How.SEND_KEYS, "person": samples.STRANGER}, "policy", "send-keys[80] 6 bytes"),
        ({"how": How.TERMINAL_REPLY, "person": None}, None, "terminal-reply"),
        ({"how": How.UNKNOWN, "person": None, "reason": "a\x1b"}, None, r"? (a\x1b)"),
        ({"how": How.UNKNOWN, "person": None, "reason": "b"}, "policy", "? 6 bytes (b)"),
    ],
)
def test_the_way_of_an_input_is_said(changes, withheld, text):
    """What isn't a plain keystroke, a length where there is no text, a reason where no author."""
    typed_by = (samples.TYPED_BY._replace(**changes),)
    data = None if withheld else b"ls -l\r"
    part = samples.INPUT._replace(data=data, withheld=withheld, typed_by=typed_by)
    assert way_of(part) == text


def test_an_input_is_parted_by_author():
    """Ranges of one hand are one part, each with its own bytes at its own offset."""
    mine = samples.TYPED_BY._replace(size=2)
    typed_by = (
        mine, mine._replace(start=2, size=1), mine._replace(start=3, size=3, person=BOB),
    )  # fmt: skip
    parts = list(by_author(samples.INPUT._replace(typed_by=typed_by)))
    assert [(part.offset, part.size, part.data) for part in parts] == [
        (12, 3, b"ls "),
        (15, 3, b"-l\r"),
    ]
    assert [part.typed_by[0].person for part in parts] == [ALICE, BOB]
    withheld = samples.METADATA._replace(typed_by=typed_by)
    assert [(part.size, part.data) for part in by_author(withheld)] == [(3, None), (3, None)]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Command(((ALICE, 9),), ALICE, False, ""), "⏎ alice@10.0.0.7"),
        (Command((), ALICE, True, "history"), "⏎ alice@10.0.0.7, typed ? in part"),
        (
            Command(((ALICE, 9), (None, 4)), BOB, False, ""),
            "⏎ bob@pts/8, typed alice@10.0.0.7 9 ? 4",
        ),
        (Command(((BOB, 3),), None, False, ""), "⏎ ?, typed bob@pts/8 3"),
        (Command(((None, 4),), None, True, "no author"), ""),
        (Command((), None, False, ""), ""),
    ],
)
def test_a_command_names_who_pressed_enter_and_who_typed(command, text):
    """Typing is told apart where more hands than that one took part; nobody known is nothing."""
    assert command_text(command, LABEL) == text


def test_one_is_singular():
    """1 byte, 2 bytes."""
    assert [counted(count, "byte") for count in (0, 1, 2)] == ["0 bytes", "1 byte", "2 bytes"]
