"""What a single value is held against."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.detect.matchers import (
    BadRegex,
    Compares,
    Contains,
    EndsWith,
    Equals,
    Matcher,
    Part,
    Regex,
    StartsWith,
    TimePart,
    Wild,
    Within,
    regex,
    wildcards,
)

EACH: list[tuple[Matcher, str]] = [
    (Equals(frozenset({"a"})), "is 'a'"),
    (StartsWith(("a", "b")), "starts with 'a' or 'b'"),
    (EndsWith(("a",)), "ends with 'a'"),
    (Contains(("a", "b", "c", "d", "e")), "contains 'a' or 'b' or 'c' or one of 2 more"),
    (Regex(regex("a+"), "/a+/"), "matches /a+/"),
    (wildcards(["a", Wild.ANY, "b", Wild.ONE]), "matches 'a*b?'"),
    (Within(ip_network("10.0.0.0/8")), "is an address of 10.0.0.0/8"),
    (Compares("gte", 5), "is gte 5"),
    (TimePart(Part.HOUR, 3), "is a time of hour 3"),
]


@pytest.mark.parametrize(("matcher", "words"), EACH)
def test_a_matcher_says_what_it_asks_for(matcher: Matcher, words: str) -> None:
    """So that a sentence with the name of the field is right."""
    assert str(matcher) == words


@given(st.one_of(st.text(), st.text("\ud800\udfff\x00\n9.:-T+"), st.just("9" * 10_000)))
def test_no_value_is_too_strange(value: str) -> None:
    """Each matcher says yes or no to whatever it is asked, and yes only where its witness is."""
    for matcher, _ in EACH:
        met = matcher.meets(value)
        assert met in (True, False)
        assert not met or not matcher.witness or any(w in value.lower() for w in matcher.witness)


def test_wildcards_stand_for_characters() -> None:
    """Whatever these are, ends of lines and what regular expressions mean included."""
    one = wildcards(["[", Wild.ONE, "]"])
    assert one.meets("[é]")
    assert one.meets("[\n]")
    assert not one.meets("[]")
    assert not one.meets("x[a]")
    many = wildcards([Wild.ANY, "a.", Wild.ANY, "\\E", Wild.ANY])
    assert many.meets("xa.\n\\Ez")
    assert not many.meets("ab\\E")
    assert many.witness == {"a."}
    assert wildcards([Wild.ONE, Wild.ONE]).witness is None


def test_many_wildcards_need_linear_time() -> None:
    """What makes backtracking never end is over at once."""
    stars = wildcards([piece for _ in range(50) for piece in (Wild.ANY, "a")] + ["b"])
    assert not stars.meets("a" * 20_000)
    assert not Regex(regex("(a+)+$"), "").meets("a" * 20_000 + "!")


@pytest.mark.parametrize(
    "pattern", ["(?=a)", r"(a)\1", "(", "a**", "(a{1000}){1000}", r"\pL{1000}"]
)
def test_what_re2_does_not_take(pattern: str) -> None:
    """Is refused in words, and so is what would need much memory."""
    with pytest.raises(BadRegex, match="RE2"):
        regex(pattern)


def test_numbers_compare_as_numbers() -> None:
    """Large ones exactly; what isn't one compares with nothing."""
    assert Compares("lt", 2**80).meets(str(2**80 - 1))
    assert not Compares("lt", 2**80).meets(str(2**80))
    assert not any(Compares("lt", 5).meets(value) for value in ("", "x", "1e3", "nan", "1_0", "٣"))
