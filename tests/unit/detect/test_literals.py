"""What a regular expression needs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.detect.literals import needed

NEEDED = [
    ("curl", {"curl"}),
    ("^-----BEGIN ([A-Z0-9]+ ){0,2}PRIVATE KEY( BLOCK)?-----", {"-----begin "}),
    (r"(^|[#$%;] )\s*(unset HIST\b|history -c)", {"unset hist", "history -c"}),
    (r"a\.b\*", {"a.b*"}),
    ("abc?d", {"ab"}),
    ("abc*", {"ab"}),
    ("ab+cd", {"ab"}),
    ("x(long one)+y", {"long one"}),
    ("x(long one)*y", {"x"}),
    ("x(long one){0,2}yz", {"yz"}),
    ("x(long one){2}y", {"long one"}),
    ("(?:ab|cd)", {"ab", "cd"}),
    ("[a-z]+@[^]]x", {"@"}),
    ("a{2,}bc", {"bc"}),
    (r"\d+-\w\b", {"-"}),
]


@pytest.mark.parametrize(("pattern", "literals"), NEEDED)
def test_literals_that_must_be_there(pattern: str, literals: set[str]) -> None:
    """The best of a branch, and of alternatives one each, in lower case."""
    assert needed(pattern) == literals


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "a*", "a|", "(a|b?)", "[ab]", ".", "^$", "ab)", "(ab", "x]", "x{", "a{,2}"),
        *(r"\x41", r"\Qab\E", r"\pLab", r"\nab", "(?i)ab", "(?P<n>ab)", "[[:alpha:]]ab"),
        r"[\Qa]\E]ab",
    ],
)
def test_what_is_not_sure_needs_nothing(pattern: str) -> None:
    """Nor does what isn't known here, or is broken."""
    assert needed(pattern) is None


LETTERS = st.sampled_from(["a", "b", "S", r"\.", ".", "[ab]", "[^a]", r"\w", "^", "$", "k"])
PATTERNS = st.recursive(
    LETTERS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, max_size=3).map(lambda each: f"({'|'.join(each)})"),
        st.tuples(inner, st.sampled_from("* + ? {2} {0,2} {1,} *? +?".split())).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=10,
)


@given(PATTERNS, st.lists(st.text("abSs.kK", max_size=6), max_size=8))
def test_what_matches_has_one_of_them(pattern: str, texts: list[str]) -> None:
    """Whatever the expression."""
    literals = needed(pattern)
    for text in texts:
        if re.search(pattern, text):
            assert literals is None or any(literal in text.lower() for literal in literals)
