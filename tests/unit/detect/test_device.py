"""Terminals have the names that people know them by."""

from __future__ import annotations

import pytest

from tracer.detect.device import terminal_of


@pytest.mark.parametrize(
    ("major", "minor", "name"),
    [
        (136, 3, "pts/3"),
        (137, 1, "pts/257"),
        (4, 1, "tty1"),
        (4, 0, None),
        (4, 64, None),
        (5, 0, None),
        (144, 0, None),
        (136, -1, None),
        (136, 256, None),
    ],
)
def test_a_terminal_has_its_name(major: int, minor: int, name: str | None) -> None:
    """Of pseudo-terminals and consoles; others have none."""
    assert terminal_of({"tty": {"char_device": {"major": major, "minor": minor}}}) == name


@pytest.mark.parametrize(
    "fields", [None, {}, {"tty": None}, {"tty": {"char_device": {"major": 1}}}]
)
def test_what_has_no_terminal_has_no_name(fields: object) -> None:
    """Nor has what is no object at all."""
    assert terminal_of(fields) is None
