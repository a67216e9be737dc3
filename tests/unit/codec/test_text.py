"""tracer.codec.text"""

from __future__ import annotations

from base64 import b64decode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.codec.text import clean, text_of


@given(st.binary())
def test_no_byte_is_lost(value):
    """Either the text is the bytes, or the base64 is."""
    text, exact = text_of(value)
    assert orjson.loads(orjson.dumps(text)) == text
    assert (text.encode() if exact is None else b64decode(exact)) == value


@pytest.mark.parametrize(
    ("value", "text"), [(b"caf\xe9!", "caf\ufffd!"), (b"\xed\xa0\x80", "\ufffd" * 3), (b"\0", "\0")]
)
def test_what_is_not_utf8_is_a_replacement_character(value, text):
    """Lone surrogates aren't UTF-8 either; a NUL is a character."""
    assert text_of(value)[0] == text


@given(st.text(st.characters(codec=None)))
def test_any_name_becomes_json(name):
    """Also one with lone surrogates, of which each becomes U+FFFD."""
    assert len(clean(name)) == len(name)
    assert orjson.loads(orjson.dumps(clean(name))) == clean(name)


@given(st.text(st.characters(codec="utf-8")))
def test_a_good_name_stays(name):
    """Only what can't be encoded changes."""
    assert clean(name) == name
