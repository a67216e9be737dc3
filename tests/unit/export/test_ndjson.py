"""tracer.export.ndjson"""

from __future__ import annotations

import base64

import pytest

from tests.escape_vectors import VECTORS
from tests.unit.export.made import SECOND, Made, lines, written
from tracer.export.ndjson import write
from tracer.replay.recording import Command, Cut, Gap, Hand, Output, Typed
from tracer.screen.screen import Screen


def test_each_event_is_a_line():
    """With its fields; what isn't known is absent, and bytes are exact."""
    screen = Screen(10, 2)
    screen.feed(b"hi")
    made = Made(
        Output(SECOND // 2, b"\x1b[mx"),
        Output(SECOND // 2, b"\xff"),
        Typed(SECOND, 3, None, (Hand(3, "alice", "keystroke", True), Hand(0, None, "?", False))),
        Command(SECOND, 7, "l\udcffs", None),
        Gap(SECOND, None, 9, "lost"),
        Cut(2 * SECOND, "%4", screen, (Output(0, b""),)),
    )
    assert lines(written(write, made)) == [
        {"event": "output", "at": 0.5, "data": "\x1b[mx"},
        {"event": "output", "at": 0.5, "data_base64": "/w=="},
        {
            "event": "typed",
            "at": 1.0,
            "size": 3,
            "hands": [
                {"size": 3, "name": "alice", "how": "keystroke", "is_sure": True},
                {"size": 0, "how": "?", "is_sure": False},
            ],
        },
        {"event": "command", "at": 1.0, "pid": 7, "line": "l?s"},
        {"event": "gap", "at": 1.0, "size": 9, "reason": "lost"},
        {
            "event": "cut",
            "at": 2.0,
            "label": "%4",
            "screen": {"columns": 10, "rows": 2, "lines": ["hi", ""]},
        },
    ]


@pytest.mark.parametrize("attack", VECTORS.values(), ids=VECTORS.keys())
def test_a_line_can_be_looked_at(attack):
    """JSON escapes what isn't plainly visible, and means the same."""
    data = written(write, Made(Output(0, attack)))
    assert data.decode().removesuffix("\n").isprintable()
    (found,) = lines(data)
    exact = base64.b64decode(found["data_base64"]) if "data_base64" in found else found["data"]
    assert exact in (attack, attack.decode(errors="replace"))
