"""How many cells a character takes. All assigned ones are compared with a real tmux."""

from __future__ import annotations

import pytest

from tracer.screen.width import width


@pytest.mark.parametrize(
    ("character", "cells"),
    [
        ("a", 1),
        ("é", 1),
        ("你", 2),
        ("👍", 2),
        ("\u0301", 0),
        ("\u200b", 0),
        ("\x85", -1),
        ("\xad", 1),
        ("\u1161", 0),
        ("\u4dc0", 2),
        ("─", 1),
        ("\uffff", -1),
    ],
)
def test_width(character: str, cells: int) -> None:
    """One of each kind."""
    assert width(character) == cells
