"""scriptreplay plays what is exported, and shows what was shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screen.playing import PIECES, Pane, final, recording
from tests.screen.tmux import rows_of, shown_by
from tests.unit.export.made import SECOND
from tracer.export.excerpt import excerpt
from tracer.export.typescript import write


@pytest.mark.parametrize("since_ns", [0, 85 * SECOND // 100])
@pytest.mark.parametrize("name", PIECES)
def test_it_shows_the_same(tmp_path: Path, name: str, since_ns: int) -> None:
    """The same screen at the end, and the newline that it adds itself."""
    made = recording(name)
    shown, timing = tmp_path / "typescript", tmp_path / "typescript.timing"
    with shown.open("wb") as out, timing.open("wb") as times:
        write(excerpt(made, since_ns), out, times)
    rows = Pane(tmp_path).shows_after("scriptreplay", "-t", str(timing), str(shown))
    screen = final(made)
    screen.feed(b"\r\n")
    assert rows_of(rows) == shown_by(screen).rows
