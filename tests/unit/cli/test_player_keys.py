"""tracer.cli.player_keys"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.cli.player_keys import Keys


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"q", ["q"]),
        (b"\x1b[A\x1b[B\x1bOC\x1bOD", ["up", "down", "right", "left"]),
        (b"\x1b[1~\x1b[F\x1b[5~", ["home", "end", "page-up"]),
        (b"a\r\n\x7f\t", ["a", "enter", "enter", "backspace", "tab"]),
        (b"\x1b", ["escape"]),
        ("é漢".encode(), ["é", "漢"]),
        (b"\x1b[<0;3;4M\x1b[200~x\x1b[?62;c", ["x"]),
        (b"\x1bx\x01", []),
        (b"", []),
    ],
)
def test_keys_have_names(data: bytes, keys: list[str]) -> None:
    """What is no key is nothing."""
    assert Keys().feed(data) == keys


def test_a_character_may_come_in_parts() -> None:
    """It is one key."""
    keys = Keys()
    assert [keys.feed(bytes([byte])) for byte in "漢".encode()] == [[], [], ["漢"]]


@given(st.binary())
def test_whatever_comes_is_no_error(data: bytes) -> None:
    """A key is a word, or one character that can be printed."""
    for key in Keys().feed(data):
        assert key.isprintable()
        assert len(key) == 1 or key.isascii()
