"""What a screen of another width shows."""

from __future__ import annotations

from tracer.screen.screen import Screen
from tracer.screen.state import pack, unpack


def test_a_history_that_takes_more_rows_is_kept_within_bounds() -> None:
    """So its state can be read again."""
    screen = Screen(80, 5)
    screen.feed(b"".join(b"%060d\r\n" % number for number in range(300)))
    screen.resize(20, 5)
    assert unpack(pack(screen)).lines[0].text() == screen.lines[0].text()
