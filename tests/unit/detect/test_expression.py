"""Conditions in words."""

from __future__ import annotations

import random

import pytest

from tracer.detect.expression import is_conjunction, names_of, parse

NAMES = ("a", "b", "c")
PYTHON = {"a": "x[0]", "b": "x[1]", "c": "x[2]"}


def written(dice: random.Random, depth: int) -> str:
    """An expression at random, with and without brackets."""
    kind = dice.choice(["name", "not", "and", "or"] if depth else ["name"])
    if kind == "name":
        return dice.choice(NAMES)
    if kind == "not":
        return f"not {bracketed(dice, depth - 1)}"
    parts = [bracketed(dice, depth - 1) for _ in range(dice.choice((2, 3)))]
    return f" {kind} ".join(parts)


def bracketed(dice: random.Random, depth: int) -> str:
    text = written(dice, depth)
    return text if dice.random() < 0.4 else f"({text})"


TEXTS = [written(random.Random(seed), 3) for seed in range(200)]
CHANCES = [{i for i in range(3) if bits & 1 << i} for bits in range(8)]


def test_words_bind_as_those_of_python_do() -> None:
    """In all cases that there are."""
    for text in TEXTS:
        expression = parse(text, NAMES)
        code = compile(" ".join(PYTHON.get(w, w) for w in spaced(text)), text, "eval")
        for seen in CHANCES:
            assert expression.test(seen) == bool(eval(code, {"x": [i in seen for i in range(3)]}))


def spaced(text: str) -> list[str]:
    return text.replace("(", " ( ").replace(")", " ) ").split()


def test_what_is_rising_stays() -> None:
    """More rules that match can't undo it; where that isn't said, there is a `not`."""
    for text in TEXTS:
        expression = parse(text, NAMES)
        assert expression.is_rising is ("not" not in text)
        for seen in CHANCES:
            if expression.is_rising and expression.test(seen):
                assert all(expression.test(seen | {i}) for i in range(3))


def test_capitals_are_words_too() -> None:
    """As in the examples of the specification."""
    assert parse("a AND (b OR NOT c)", NAMES).test({0})
    assert names_of("b AND (a OR NOT b)and c") == ("b", "a", "c")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("a and (b and c)", True), ("a", True), ("a or b", False), ("a and not b", False)],
)
def test_a_conjunction_has_nothing_but_and(text: str, is_one: bool) -> None:
    """However it is bracketed."""
    assert is_conjunction(parse(text, NAMES)) is is_one


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it ends where a rule must be named"),
        ("a and", "it ends where a rule must be named"),
        ("a b", "there is 'b' where it could end"),
        ("a)", "there is ')' where it could end"),
        ("(a or b", "a bracket isn't closed"),
        ("a and or", "there is 'or' where a rule of `rules` must be named"),
        ("d", "there is 'd' where a rule of `rules` must be named"),
        ("(" * 50 + "a" + ")" * 50, "more than 32 stand in each other"),
        ("not " * 50 + "a", "more than 32 stand in each other"),
        ("a or " * 500 + "a", "its condition has more than 1000 words"),
    ],
)
def test_what_is_not_understood_is_said(text: str, reason: str) -> None:
    """And where."""
    with pytest.raises(ValueError) as caught:
        parse(text, NAMES)
    assert str(caught.value) == reason
