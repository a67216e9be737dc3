"""What is exported comes to the same screen by another emulator, and by our own when it is read."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import orjson
import pyte
import pytest

from tests.screen.playing import PIECES, SIZE, final, recording
from tests.screen.tmux import shown_by
from tests.unit.export.made import SECOND, written
from tracer.export.asciicast import write_v2, write_v3
from tracer.export.excerpt import still
from tracer.replay.files import open_recording

PLAIN_COLOURS = ("default", "black", "red", "green", "brown", "blue", "magenta", "cyan", "white")


@pytest.mark.parametrize("since_ns", [0, SECOND // 4])
@pytest.mark.parametrize("name", ["a shell", "what scrolled"])
def test_pyte_shows_the_same(name: str, since_ns: int) -> None:
    """Text, plain colours and the cursor; pyte has no second screen."""
    made = recording(name)
    theirs = pyte.Screen(*SIZE)
    stream = pyte.Stream(theirs)
    for line in written(write_v2, made, since_ns).splitlines()[1:]:
        _, code, data = orjson.loads(line)
        if code == "o":
            stream.feed(data)
    ours = final(made)
    composed = [normalize("NFC", row.text()) for row in ours.lines]  # as pyte does
    assert [row.rstrip() for row in theirs.display] == composed
    assert (theirs.cursor.y, theirs.cursor.x) == ours.cursor[:2]
    for number, row in enumerate(ours.lines):
        for column, style in enumerate(row.styles):
            cell = theirs.buffer[number][column]
            assert (cell.bold, cell.reverse) == (style.bold, style.reverse)
            if style.foreground is None or style.foreground in range(8):
                named = -1 if style.foreground is None else style.foreground
                assert cell.fg == PLAIN_COLOURS[named + 1]


@pytest.mark.parametrize("since_ns", [0, 35 * SECOND // 100, 85 * SECOND // 100])
@pytest.mark.parametrize("write", [write_v2, write_v3])
@pytest.mark.parametrize("name", PIECES)
def test_we_read_what_we_write(tmp_path: Path, name: str, write, since_ns: int) -> None:
    """Both versions; at the end, and a moment before."""
    made = recording(name)
    cast = tmp_path / "exported.cast"
    cast.write_bytes(written(write, made, since_ns))
    read = open_recording(cast)
    since_ns = min(since_ns, made.duration_ns)
    for at_ns in (made.duration_ns, max(since_ns, made.duration_ns - SECOND // 20)):
        theirs, ours = still(read, at_ns - since_ns), still(made, at_ns)
        assert shown_by(theirs).rows == shown_by(ours).rows
        assert theirs.cursor == ours.cursor
    read.close()
