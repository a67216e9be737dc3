"""tracer.codec.safe"""

from __future__ import annotations

import re
import unicodedata

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.escape_vectors import INKLESS, VECTORS
from tracer.codec.safe import columns_of, cut, safe_json, safe_text

ESCAPE = re.compile(r"(\\+)(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
ANYTHING = st.one_of(
    st.binary(),
    st.text(st.characters(codec=None)).map(lambda text: text.encode("utf-8", "replace")),
    st.text("\\xu019bU\x1b\x9b\n\u200b").map(str.encode),
    st.lists(st.sampled_from([*VECTORS.values()])).map(b"".join),
)


def original(shown: str) -> bytes:
    """Reads what safe_text wrote, as its docstring tells a person to."""

    def read(found: re.Match[str]) -> str:
        slashes = "\\" * (len(found[1]) // 2)
        if len(found[1]) % 2 == 0:
            return slashes + found[0][len(found[1]) :]
        code = int(found[2] or found[3] or found[4], 16)
        return slashes + chr(0xDC00 + code if found[2] and code >= 0x80 else code)

    return ESCAPE.sub(read, shown).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("attack", VECTORS.values(), ids=VECTORS.keys())
def test_nothing_that_a_terminal_obeys_is_left(attack):
    """Each known attack comes out as printable characters without its active ones."""
    shown = safe_text(attack)
    assert shown.isprintable()
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert not set(shown) & set(INKLESS)


@given(ANYTHING)
def test_any_bytes_are_printable_and_can_be_read_back(value):
    """No two values look the same: what was captured follows from what is shown."""
    shown = safe_text(value)
    assert shown.isprintable()
    assert original(shown) == value


@given(st.text(st.characters(codec=None)))
def test_any_text_is_printable(value):
    """Text may hold anything that Python can, lone surrogates too."""
    assert safe_text(value).isprintable()


@pytest.mark.parametrize(
    "value",
    ["ls -l /tmp", "Größe 日本語 привет ✓ │ é e\u0301", r"C:\temp\new \d+\.\w* \n \\", "'\"`$(x)"],
)
def test_what_is_plainly_visible_stays(value):
    """Letters of all scripts, line drawing, combining marks, and backslashes that can't mislead."""
    assert safe_text(value) == value
    assert safe_text(value.encode()) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"\x1b[2J", r"\x1b[2J"),
        (b"a\tb\r\n", r"a\x09b\x0d\x0a"),
        (b"\x9b", r"\x9b"),
        ("\x9b", r"\u009b"),
        ("\u202e", r"\u202e"),
        ("\U000e0001", r"\U000e0001"),
        ("\u00a0", r"\u00a0"),
        ("\ud800", r"\ud800"),
        ("\udcff", r"\xff"),
        ("\\\x1b", "\\\\\\x1b"),
        (r"\x1b", r"\\x1b"),
        (r"\x1g", r"\x1g"),
    ],
)
def test_how_the_rest_is_shown(value, shown):
    """Bytes as \\x, other characters as \\u or \\U; only ambiguous backslashes are doubled."""
    assert safe_text(value) == shown


def test_multiline_keeps_newlines_and_tabs_only():
    """Carriage returns and other breaks are still escaped."""
    assert safe_text("a\n\tb\r\x0b\u2028\\\n", multiline=True) == "a\n\tb\\x0d\\x0b\\u2028\\\n"


@pytest.mark.parametrize(
    ("value", "shown"), [("ls⏎", r"ls\u23ce"), ("\\⏎", r"\\\u23ce"), (r"\u23ce", r"\\u23ce")]
)
def test_a_callers_own_mark_is_an_escape(value, shown):
    """So that the mark means what the caller means by it, and nothing that was captured."""
    assert safe_text(value, marks="⏎") == shown
    assert safe_text("⇥", marks="⏎") == "⇥"


@given(st.text(st.characters(codec="utf-8")).map(safe_text), st.integers(1, 40))
def test_cut_text_fits(text, columns):
    """Text is whole, or a part of it and an ellipsis that fit together."""
    shown = cut(text, columns)
    assert columns_of(shown) <= columns
    assert shown == text or (shown[-1] == "…" and text.startswith(shown[:-1]))


def test_wide_and_combining_characters_are_counted_as_drawn():
    """CJK takes two columns, a combining mark none."""
    assert (columns_of("abc"), columns_of("日本"), columns_of("e\u0301")) == (3, 4, 1)
    assert cut("日本語", 4) == "日…"


@given(st.text())
def test_json_for_a_terminal_is_printable_and_has_the_same_value(value: str) -> None:
    """What a terminal gets is printable ASCII control-free text that parses to the same value."""
    line = orjson.dumps({"text": value.encode("utf-8", "replace").decode()}) + b"\n"
    shown = safe_json(line)
    assert shown.removesuffix("\n").isprintable()
    assert orjson.loads(shown) == orjson.loads(line)


def test_json_for_a_terminal_escapes_what_json_leaves_as_it_is() -> None:
    """C1 controls, bidi overrides, line separators and what draws nothing, beyond the BMP too."""
    hostile = "\x7f\x9b31m\u202e\u2028\u200b\U000e0001\\ \u00e9"
    shown = safe_json(orjson.dumps(hostile))
    assert shown == r'"\u007f\u009b31m\u202e\u2028\u200b\udb40\udc01\\ ' + "\u00e9" + '"'
