"""Bytes to text and sequences, in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.screens import PIECES, PROGRAMS, everything, screen_of, texts
from tracer.screen.screen import Screen


@given(PROGRAMS, st.lists(st.integers(0, 200)))
def test_the_pieces_make_no_difference(data: bytes, cuts: list[int]) -> None:
    """Where a write ends is chance."""
    screen, start = Screen(20, 5), 0
    for end in [*sorted(cuts), len(data)]:
        screen.feed(data[start:end])
        start = max(start, end)
    assert everything(screen) == everything(screen_of(data))


def test_single_bytes_come_to_the_same() -> None:
    """All that the tests know, cut wherever it can be."""
    data = b"".join(PIECES)
    screen = Screen(20, 5)
    for byte in data:
        screen.feed(bytes((byte,)))
    assert everything(screen) == everything(screen_of(data))


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"a\x1b]0;title\x07b", "ab"),
        (b"a\x1b]8;;http://x\x1b\\b", "ab"),
        (b"a\x1bPq\x07\x18\x1b[31mno\x1b\\b", "ab"),
        (b"a\x1bPtmux;\x1b\x1b]52;c;x\x07\x1b\\b", "ab"),
        (b"a\x1b_x\x1b\\b\x1b^y\x1b\\c\x1bXz\x1b\\d\x1bkw\x1b\\e", "abcde"),
        (b"a\x1b[3\x18b", "ab"),
        (b"\x80\x9b31m\xc0\xafa\xe4\xbdb", "31mab"),
        (b"\xe2\x94\xed\xea\xb8\x80", "글"),
    ],
)
def test_what_draws_nothing_is_passed_over(data: bytes, shown: str) -> None:
    """Strings, cancelled sequences, bytes that are no character."""
    assert texts(screen_of(data))[0] == shown


@pytest.mark.parametrize("start", [b"\x1b]0;", b"\x1bP", b"\x1b_", b"\x1b[", b"\x1b(", b"\x1b[?"])
def test_what_is_half_read_is_bounded(start: bytes) -> None:
    """A string or sequence without an end."""
    screen = screen_of(start)
    for _ in range(20):
        screen.feed(b"1" * 1000 + b" " * 1000)
    assert sum(len(part) for part in screen.parser.half) < 5000
