"""asciinema plays what is exported, and shows what was shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screen.playing import PIECES, Pane, final, recording
from tests.screen.tmux import rows_of, shown_by
from tests.unit.export.made import SECOND, written
from tracer.export.asciicast import write_v2


@pytest.mark.parametrize("since_ns", [0, SECOND // 4, 85 * SECOND // 100])
@pytest.mark.parametrize("name", PIECES)
def test_cat_shows_the_same(tmp_path: Path, name: str, since_ns: int) -> None:
    """The same screen at the end, from the beginning and from the midst."""
    made = recording(name)
    cast = tmp_path / "exported.cast"
    cast.write_bytes(written(write_v2, made, since_ns))
    rows = Pane(tmp_path).shows_after("asciinema", "cat", str(cast))
    assert rows_of(rows) == shown_by(final(made)).rows


def test_play_takes_it(tmp_path: Path) -> None:
    """In its time, which is that of the recording."""
    made = recording("its end")
    cast = tmp_path / "exported.cast"
    cast.write_bytes(written(write_v2, made))
    rows = Pane(tmp_path).shows_after("asciinema", "play", str(cast))
    assert rows_of(rows) == shown_by(final(made)).rows
