"""tracer.export.typescript"""

from __future__ import annotations

import io

from tests.unit.export.made import SECOND, Made, showing
from tracer.export.excerpt import excerpt
from tracer.export.typescript import write
from tracer.replay.recording import Command, Output


def both(made, **how):
    out, timing = io.BytesIO(), io.BytesIO()
    write(excerpt(made), out, timing, **how)
    return out.getvalue(), timing.getvalue().decode()


def test_two_files():
    """What script writes: a line before and after, and the time and bytes of each piece."""
    made = Made(
        Output(1_500_000, b"one\r\n"),
        Command(SECOND, 1, "x", None),
        Output(2 * SECOND, "ä".encode()),
    )
    shown, timing = both(made)
    assert shown == (
        b'Script started on 2023-11-14 22:13:20+00:00 [TERM="xterm-256color" COLUMNS="40" '
        b'LINES="6"]\none\r\n\xc3\xa4\nScript done on 2023-11-14 22:13:22+00:00\n'
    )
    assert timing == "0.001500 5\n1.998500 2\n"


def test_what_does_more_than_draw():
    """It is left out, unless it was asked for; then each byte is there."""
    made = showing(b"a\x1b]0;x\x07\xff")
    assert both(made)[0].splitlines()[1] == b"a"
    assert both(made, is_exact=True)[0].splitlines()[1] == b"a\x1b]0;x\x07\xff"


def test_no_beginning_is_known():
    """Then it says so."""
    made = showing("x")
    made.start_ns = None
    assert both(made)[0].startswith(b"Script started on an unknown day [")
