"""What makes another terminal show the same."""

from __future__ import annotations

import re

from hypothesis import given

from tests.screens import PROGRAMS, looks, screen_of
from tracer.screen.paint import repaint


@given(PROGRAMS)
def test_another_screen_shows_the_same(data: bytes) -> None:
    """Characters, colours, cursor; whatever it showed before."""
    screen = screen_of(data)
    other = screen_of(b"\x1b[2;4r\x1b[44mxyz\x1b[?25l")
    other.feed(repaint(screen))
    assert looks(other) == looks(screen)
    assert other.cursor == screen.cursor


@given(PROGRAMS)
def test_nothing_but_drawing_is_written(data: bytes) -> None:
    """No title, no mode but the cursor's, no control character."""
    drawing = re.compile(r"\x1b\[[0-9;:]*[mHJr]|\x1b\[\?25[hl]|[^\x00-\x1f\x7f-\x9f]")
    assert drawing.sub("", repaint(screen_of(data)).decode()) == ""
