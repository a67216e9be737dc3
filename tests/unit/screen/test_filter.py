"""tracer.screen.filter"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.escape_vectors import VECTORS
from tracer.screen.filter import RESET, DrawingOnly
from tracer.screen.screen import Screen

# Written anew: what a terminal may be sent, as a whole.
ALLOWED = re.compile(
    "(?:"
    r"[\b\t\n\x0b\x0c\r\x0e\x0f]"
    r"|[ -~\u00a0-\U000dffff\U000e0080-\U0010ffff]"
    r"|\x1b\[[0-9;:]*m"
    r"|\x1b\[[0-9]{0,4}(?:;[0-9]{0,4}){0,15}[@ABCDEFGHJKLMPSXZ`bdfgr]"
    r"|\x1b\[(?:[0-9]{0,4}T|s|u|4h|4l|\?(?:6|7|25|47|1047|1049)[hl])"
    r"|\x1b(?:[78DEHM]|\([0B]|\)[0B]|#8)"
    ")*"
)
INVISIBLE = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]")
PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([*VECTORS.values()]),
    st.text("\x1b[]?;:0123456789hlmJPX^_k\\\a\x18\n\x9bc\u202e", max_size=20).map(str.encode),
)

# Sane, if hostile: without what is no text, takes no place, is never closed, or repeats.
DRAWN = st.one_of(
    st.sampled_from(
        [d for name, d in VECTORS.items() if d.isascii() and not re.search("REP|unf", name)]
    ),
    st.text("\x1b[?;0123456789hlmHJKMrABCD\x18\r\näc", max_size=20).map(str.encode),
)


def filtered(*pieces: bytes) -> str:
    drawing = DrawingOnly()
    return "".join(drawing.feed(piece) for piece in pieces)


@given(st.lists(PIECES))
def test_only_what_draws_comes_out(pieces):
    """Whatever comes in, and however it is cut."""
    shown = filtered(*pieces)
    assert ALLOWED.fullmatch(shown)
    assert not INVISIBLE.search(shown)


@given(st.lists(PIECES), st.integers(1, 7))
def test_the_pieces_make_no_difference(pieces, size):
    """A sequence that is cut is put together again."""
    data = b"".join(pieces)
    cut = [data[i : i + size] for i in range(0, len(data), size)]
    assert filtered(*cut, b" ") == filtered(data, b" ")


@given(st.lists(DRAWN))
def test_a_screen_is_the_same(pieces):
    """What is dropped would not have been seen on our screen."""
    whole, drawn = Screen(20, 5), Screen(20, 5)
    for piece in (*pieces, b"\x18"):
        whole.feed(piece)
    drawn.feed(filtered(*pieces, b"\x18").encode())
    assert [row.runs() for row in drawn.lines] == [row.runs() for row in whole.lines]
    assert drawn.cursor == whole.cursor


@given(st.lists(PIECES))
def test_what_comes_out_stays(pieces):
    """What was filtered once is left as it is."""
    shown = filtered(*pieces)
    assert filtered(shown.encode()) == shown


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain \xc3\xa4\r\n\t\b", "plain ä\r\n\t\b"),
        (b"\x1b[1;38:2::1:2:3mred\x1b[m", "\x1b[1;38:2::1:2:3mred\x1b[m"),
        (b"\x1b[2J\x1b[5;9H\x1b[3;4r\x1b7\x1b8", "\x1b[2J\x1b[5;9H\x1b[3;4r\x1b7\x1b8"),
        (b"\x1b[?1049hvim\x1b[?1049l", "\x1b[?1049hvim\x1b[?1049l"),
        (b"\x1b(0qqq\x1b(B", "\x1b(0qqq\x1b(B"),
        (b"a\x1b]0;title\x07b", "ab"),
        (b"a\x1b]52;c;eA==\x1b\\b", "ab"),
        (b"a\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\b", "ab"),
        (b"a\x1b_G\x1b\\b\x1b^x\x1b\\c\x1bXy\x1b\\d\x1bkname\x1b\\e", "abcde"),
        (b"a\x1b]0;never", "a"),
        (b"a\x1b]0;a string that a new sequence ends\x1b[mb", "a\x1b[mb"),
        (b"a\x1b]0;cancelled\x18b", "ab"),
        (b"\x1b[6n\x1b[c\x1b[>c\x1b[5i\x1b[21t\x1b[?1003h\x1b[?2004h\x1b=\x1b>x", "x"),
        (b"\x1b[?2004;1049;1000h", "\x1b[?1049h"),
        (b"\x1b[3\n1mx", "\n\x1b[31mx"),
        (b"\x1b[3\a1mx", "\x1b[31mx"),
        (b"x\x1b[99999999b", "x\x1b[9999b"),
        (b"\x1b[31\x18mx", "mx"),
        (b"\x1b[2J\x1b[3J\x1b[03Jx", "\x1b[2Jx"),
        (b"\x1b[99999999999Bx", "x"),
        (b"\x1b[?3h", "\x1b[H\x1b[2J"),
        (b"\x1bcx", RESET + "x"),
        (b"\x05\x00\x07\x7f\xc2\x9b31mx", "31mx"),
        ("a\u202eb\u2066c\U000e0041d".encode(), "abcd"),
        ("👩\u200d👩 ❤\ufe0f".encode(), "👩\u200d👩 ❤\ufe0f"),
        (b"\x1b[" + b"1;" * 400 + b"nx", "x"),
    ],
)  # fmt: skip
def test_sequence(data, shown):
    """What is kept, and what is left of the rest."""
    assert filtered(data) == shown
    assert filtered(*(data[i : i + 1] for i in range(len(data)))) == shown


def test_bytes_that_are_no_text():
    """They are dropped, as tmux does; a character that is cut is waited with."""
    assert filtered(b"a\xffb\xe2\x82", b"\xac") == "ab€"


def test_a_sequence_without_end_is_not_kept():
    """Nobody fills our memory, and nothing of it is shown."""
    drawing = DrawingOnly()
    for _ in range(1000):
        assert drawing.feed(b"\x1b[1" + b";1" * 1000) == ""
        assert len(drawing._before) < 1000
    assert drawing.feed(b"nx") == "x"
    assert drawing.feed(b"\x1b]" + b"a" * 5000) == ""
    assert len(drawing._before) < 10
