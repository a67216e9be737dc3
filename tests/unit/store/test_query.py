"""tracer.store.query; what its SQL finds is test_search's."""

from __future__ import annotations

import sqlite3

import pytest

from tracer.store.query import BACKGROUND, KINDS, Query, phrases


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("one", ["one"]),
        ('rm "-rf /tmp" now', ["rm", "-rf /tmp", "now"]),
        ('"open', ["open"]),
        ("NOT a:b (c)", ["NOT", "a:b", "(c)"]),
    ],
)
def test_words_and_phrases(words: str, expected: list[str]) -> None:
    """As people write them."""
    assert phrases(words) == expected


@pytest.mark.parametrize("words", ["/", "--", 'x "-"', "   ", ""])
def test_what_has_no_word_is_refused(words: str) -> None:
    """An index of words would never find it, which would read as if it were not there."""
    with pytest.raises(ValueError, match="no "):
        phrases(words)


@pytest.mark.parametrize(
    "words", ["NOT a:b (c)", 'a"b*', "x OR y AND NEAR(z)", "'DROP; x'", "^a -b"]
)
def test_nothing_in_words_is_an_operator(words: str) -> None:
    """Whatever is asked for is a valid expression, and matches the words as they stand."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE text USING fts5(command, shown)")
    db.execute("INSERT INTO text VALUES (NULL, ?)", (words,))
    expression = Query(text=words).words()
    found = db.execute("SELECT rowid FROM text WHERE text MATCH ?", (expression,)).fetchall()
    assert found == [(1,)]
    db.close()


def test_both_ends_of_a_time_are_in_it() -> None:
    """And no end is no limit."""
    query = Query(since_us=10, until_us=20)
    assert [at for at in (9, 10, 20, 21) if query.takes_time(at)] == [10, 20]
    assert Query().takes_time(0)


def test_background_kinds_are_kinds() -> None:
    """What is left out by default can be asked for."""
    assert set(KINDS) >= BACKGROUND
