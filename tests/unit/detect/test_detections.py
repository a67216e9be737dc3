"""Detections as pySigma reads them."""

from __future__ import annotations

import pytest
from sigma.types import SigmaRegularExpression

from tracer.detect.detections import POLICY, read_detections
from tracer.detect.document import Unsupported
from tracer.detect.matchers import BadRegex


def lists(name: str) -> list[str]:
    return [f"{name}1", f"{name}2"]


def test_names_of_detections_may_be_numbers() -> None:
    """YAML reads them as such, and conditions as text."""
    detections = read_detections({1: {"A": "x"}, "condition": "1"}, lists)
    assert set(detections.detections) == {"1"}


def test_two_keys_may_mean_the_same() -> None:
    """What modifiers become doesn't put one in the place of the other."""
    section = {"s": {"A|expand": "%l%", "A": "x", "B|utf16le": "x", "B|wide": "y"}}
    [detection] = read_detections({**section, "condition": "s"}, lists).detections.values()
    assert len(detection.detection_items) == 4


def test_lists_come_before_other_modifiers() -> None:
    """So that these apply to what a list holds."""
    section = {"s": {"A|base64|expand": "%l%"}, "condition": "s"}
    [detection] = read_detections(section, lists).detections.values()
    [item] = detection.detection_items
    assert [str(value) for value in item.value] == ["bDE=", "bDI="]


def test_regular_expressions_are_those_of_re2() -> None:
    """Also where pySigma compiles them itself, with its flags."""
    assert POLICY.regex_engine.error is BadRegex
    with pytest.raises(BadRegex):
        POLICY.regex_engine.compile("(?=x)")
    section = {"s": {"A|re|i|s": "a.b"}, "condition": "s"}
    [detection] = read_detections(section, lists).detections.values()
    [value] = detection.detection_items[0].value
    assert isinstance(value, SigmaRegularExpression)
    assert POLICY.regex_engine.compile("a.b", 2 | 16).search("A\nB")


@pytest.mark.parametrize(
    "selection",
    [
        {"A|windash": ["-x"] * 401},
        {"A|windash|base64offset": ["-x"] * 200},
        {"A|re": ["a+"] * 513},
        {"A": ["a*b"] * 300, "B": ["a?b*"] * 300},
        {"A|windash": ["-x*y"] * 5},
        {"A|expand": ["%lines%"] * 26_000},
        {"A|expand": ["%lines%" + "x" * 100_000] * 30},
    ],
)
def test_a_document_may_not_grow(selection: dict[str, list[str]]) -> None:
    """Values are counted as what they become, and before they become it."""
    with pytest.raises(Unsupported, match="more than"):
        read_detections({"s": selection, "condition": "s"}, lists)


def test_many_plain_values_are_fine() -> None:
    """Also with stars around them."""
    section = {"s": {"A": [f"*{n}*" for n in range(2000)]}, "condition": "s"}
    assert read_detections(section, lists).detections
