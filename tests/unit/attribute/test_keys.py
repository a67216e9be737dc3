"""The forms in which tmux passes on what it reads."""

from __future__ import annotations

import pytest

from tracer.attribute.keys import Paste, ends, is_answer, picked_ends, taken, unfinished
from tracer.model.hands import How


@pytest.mark.parametrize(
    ("read", "written"),
    [
        (b"ls\r", b"ls\r"),
        ("é日😀".encode(), "é日😀".encode()),
        (b"\x1b[H", b"\x1b[1~"),
        (b"\x1b[F", b"\x1b[4~"),
        (b"\x1b[A", b"\x1bOA"),
        (b"\x1bOB", b"\x1b[B"),
        (b"\x1b[1;3C", b"\x1b\x1b[C"),
        (b"\x1b\x1b[C", b"\x1b[1;3C"),
        (b"\x1bOa", b"\x1b[1;5A"),
        (b"\x1b[99;7u", b"\x1b\x03"),
        (b"\x1b[27;5;9~", b"\t"),
        (b"\x1bOM", b"\r"),
        (b"\x1bOq", b"1"),
        (b"\x1b[11~", b"\x1bOP"),
        (b"\x7f", b"\x08"),
        (b"\x1b[200~ls\x1b[201~", b"ls"),
        (b"\x1b[<0;30;9M", b"\x1b[<0;10;9M"),
        (b"\x1b[<0;30;9M", b"\x1b[M \x2a\x29"),
        (b"\x1b[<0;30;9m", b"\x1b[M#\x2a\x29"),
        (b"a\x1b[Hb", b"a\x1b[1~b"),
    ],
)
def test_a_key_in_another_form_is_known(read: bytes, written: bytes) -> None:
    """As it was read or as tmux rewrites it, a read is found at its place."""
    assert ends(read, b"xx" + written + b"yy", 2) == {2 + len(written)}


@pytest.mark.parametrize(
    ("read", "written"), [(b"a", b"b"), (b"\x1b[A", b"\x1b[B"), (b"\x1b[<0;3;9M", b"\x1b[<1;3;9M")]
)
def test_another_key_is_another(read: bytes, written: bytes) -> None:
    """What tmux doesn't make of a key isn't found."""
    assert ends(read, written, 0) == set()


def test_keys_that_tmux_keeps() -> None:
    """After a prefix, or at the start when the prefix came before, keys may be missing."""
    assert 3 in picked_ends(b"ab\x02cd", b"abd", 0)
    assert 1 in picked_ends(b"qa", b"a", 0)
    assert picked_ends(b"ab", b"a", 0) == set()
    assert picked_ends(b"a" * 65, b"a", 0) == set()


def test_a_write_that_ends_within_a_read() -> None:
    """It takes as many bytes as it has, rewritten or not; a whole read isn't cut."""
    assert taken(b"abcdef", b"xxabc", 2) == 3
    assert taken(b"\x1b[Habcdef", b"\x1b[1~abc", 0) == 6
    assert taken(b"abc", b"abc", 0) == 0
    assert taken(b"abc", b"x", 0) == 0


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"a\x1b", 1), (b"\x1b[1;", 4), (b"\x1bO", 2), (b"a\xf0\x9f\x98", 3), (b"\xc3", 1),
        (b"\x1b[M a", 5), (b"abc", 0), (b"\x1b[A", 0), ("é".encode(), 0), (b"", 0),
    ],
)  # fmt: skip
def test_what_may_go_on_is_unfinished(data: bytes, size: int) -> None:
    """tmux waits for the rest of a key, up to escape-time."""
    assert unfinished(data) == size


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b[?1;2c", b"\x1b[>41;330;0c", b"\x1b[12;40R", b"\x1b[?2026;2$y", b"\x1b[I", b"\x1b[O",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\", b"\x1b]10;rgb:ff/ff/ff\x07", b"\x1bP>|xterm\x1b\\",
        b"\x1b[?997;1n",
    ],
)  # fmt: skip
def test_answers_of_terminals(data: bytes) -> None:
    """What a terminal says by itself isn't typing."""
    assert is_answer(data)


@pytest.mark.parametrize("data", [b"a", b"\x1b[1;2R", b"\x1b[Ia", b"\x1bOP", b""])
def test_keys_are_no_answers(data: bytes) -> None:
    """A modified F3 looks like a cursor report, and is a key."""
    assert not is_answer(data)


def test_a_paste_goes_over_several_reads() -> None:
    """From marker to marker, whatever is between."""
    paste = Paste()
    assert paste.split(b"a\x1b[200~b") == ((1, How.KEYSTROKE), (7, How.PASTE))
    assert paste.split(b"cc") == ((2, How.PASTE),)
    assert paste.split(b"d\x1b[201~e") == ((7, How.PASTE), (1, How.KEYSTROKE))
    assert paste.split(b"f") == ((1, How.KEYSTROKE),)
