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


def test_a_document_may_not_grow() -> None:
    """Values are counted as what they become."""
    with pytest.raises(Unsupported, match="50000 values"):
        read_detections({"s": {"A|windash": ["-x"] * 401}, "condition": "s"}, lists)
