"""tracer.export.asciicast"""

from __future__ import annotations

import pytest

from tests.unit.export.made import SECOND, Made, lines, showing, written
from tracer.export.asciicast import write_v2, write_v3
from tracer.replay.recording import Ended, Mark, Output, Resized, Typed

MADE = Made(
    Output(SECOND, b"one"),
    Resized(SECOND + 1_500, 90, 20),
    Output(3 * SECOND + 123_456_789, b"two"),
    Ended(4 * SECOND, 5, 3),
    title="pane \x1b]0;x\x07",
    marks=[Mark(0, "gap", "GAP"), Mark(1, "command", "ls")],
)


def test_version_2():
    """A header, then seconds since the beginning."""
    header, *events = lines(written(write_v2, MADE))
    assert header == {
        "version": 2,
        "width": 40,
        "height": 6,
        "title": "pane \\x1b]0;x\\x07",
        "duration": 4.0,
        "timestamp": 1_700_000_000,
        "ttytrace": {"exact": False, "commands": 1, "alerts": 0, "gaps": 1},
        "env": {"TERM": "xterm-256color"},
    }
    assert events == [[1.0, "o", "one"], [1.000001, "r", "90x20"], [3.123456, "o", "two"]]


def test_version_3():
    """Seconds since the line before, and the exit status."""
    header, *events = lines(written(write_v3, MADE))
    assert (header["version"], header["term"]) == (
        3,
        {"cols": 40, "rows": 6, "type": "xterm-256color"},
    )
    assert events == [
        [1.0, "o", "one"],
        [0.000001, "r", "90x20"],
        [2.123455, "o", "two"],
        [0.876544, "x", "3"],
    ]


def test_intervals_add_up():
    """However many, they don't drift."""
    made = Made(*(Output(number * 333_333_333 // 1000, b"x") for number in range(1, 30_001)))
    _, *events = lines(written(write_v3, made))
    assert sum(interval for interval, _, _ in events) == pytest.approx(9.99999999, abs=2e-6)


def test_no_beginning_is_known():
    """Then it says none."""
    made = showing("x")
    made.start_ns = None
    assert "timestamp" not in lines(written(write_v2, made))[0]


@pytest.mark.parametrize("write", [write_v2, write_v3])
def test_a_line_can_be_looked_at(write):
    """Exact output and input hold no control as such: JSON escapes it."""
    made = Made(
        Output(0, b"\x9b31m\xc2\x9b31m\x1b]0;x\x07\xe2\x80\xae"), Typed(1, 3, b"\xffa\xc2\x9b", ())
    )
    data = written(write, made, is_exact=True)
    assert data.decode().replace("\n", "").isprintable()
    _, output, typed = lines(data)
    assert output[2] == "\ufffd31m\x9b31m\x1b]0;x\x07\u202e"
    assert typed[1:] == ["i", "\ufffda\x9b"]
