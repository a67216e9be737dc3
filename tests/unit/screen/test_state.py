"""Keyframes."""

from __future__ import annotations

import json

import orjson
import pytest
import pyzstd
from hypothesis import given
from hypothesis import strategies as st

from tests.screens import PROGRAMS, SIZES, everything, screen_of
from tracer.screen.state import pack, unpack


@given(PROGRAMS, SIZES, PROGRAMS, SIZES)
def test_an_unpacked_screen_goes_on_as_the_other_does(
    before: bytes, size: tuple[int, int], after: bytes, other: tuple[int, int]
) -> None:
    """Whatever was half read, and whatever comes."""
    screen = screen_of(before)
    screen.resize(*size)
    copy = unpack(pack(screen))
    assert everything(copy) == everything(screen)
    for one in (screen, copy):
        one.feed(after)
        one.resize(*other)
    assert everything(copy) == everything(screen)


@given(st.binary(max_size=200))
def test_other_bytes_are_an_error(data: bytes) -> None:
    """Nothing else may come of them."""
    with pytest.raises(ValueError, match=r"."):
        unpack(data)


@given(st.data())
def test_a_state_in_which_anything_is_changed_is_a_screen_or_an_error(data: st.DataObject) -> None:
    """Each value may be any other."""
    state = orjson.loads(pyzstd.decompress(pack(screen_of(b"ab\x1b[31mc\x1b[?1049h\x1b7"))))
    name = data.draw(st.sampled_from(sorted(state)))
    odd = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=3)
    value = state[name]
    if isinstance(value, list) and value and data.draw(st.booleans()):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(odd)
    else:
        state[name] = data.draw(odd)
    try:
        screen = unpack(pyzstd.compress(json.dumps(state).encode()))
    except ValueError:
        return
    screen.feed(b"hello\r\n\x1b[?1049l\x1b8\x1b[2J")
    screen.resize(7, 3)


def test_no_control_character_comes_out_of_a_state() -> None:
    """What is painted of it draws, and nothing else."""
    packed = pyzstd.decompress(pack(screen_of(b"ab")))
    for text in (b'"a\\u001bb"', b'"a\\u009bb"', b'["a\\u0007"]', b'["%s"]' % (b"a" * 30)):
        with pytest.raises(ValueError, match=r"."):
            unpack(pyzstd.compress(packed.replace(b'"ab"', text)))


def test_a_keyframe_is_small() -> None:
    """A screen of text takes a few kilobytes."""
    screen = screen_of(b"".join(b"%d some words of text\r\n" % n for n in range(200)), 80, 24)
    assert len(pack(screen)) < 2000
