"""tracer.cli.head"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from tests.unit.seal.made import made_segments, stamp, write_segments
from tracer.cli.main import app
from tracer.errors import NoCheckpoint, NoLog
from tracer.seal.stage import Keys, Sealer
from tracer.seal.tree import Frontier

SEGMENTS = made_segments()


def run(log: Path) -> Result:
    return CliRunner().invoke(app, ["head", "--log", str(log)])


def test_it_prints_the_newest_checkpoint(tmp_path: Path) -> None:
    """Its note to the byte, and nothing else, so that it can go to a file."""
    write_segments(tmp_path, SEGMENTS)
    result = run(tmp_path)
    assert result.exit_code == 0
    assert result.stdout == orjson.loads(SEGMENTS[2][14])["ttytrace"]["log"]["note"]
    assert result.stdout.startswith("ttytrace/")


@pytest.mark.parametrize("segments", [[], [SEGMENTS[0][:3]]])
def test_no_checkpoint_yet(tmp_path: Path, segments: list[list[bytes]]) -> None:
    """Not even an empty line: a cron job must not keep that."""
    write_segments(tmp_path, segments)
    result = run(tmp_path)
    assert isinstance(result.exception, NoCheckpoint)
    assert result.stdout == ""


def test_no_log(tmp_path: Path) -> None:
    """A directory without segments is none."""
    assert isinstance(run(tmp_path).exception, NoLog)


def test_a_hostile_log_moves_no_cursor(tmp_path: Path) -> None:
    """Whoever made it: names in a note may hold what a terminal obeys."""
    origin = "ttytrace/\u202e"
    keys = Keys.first(bytes(32))._replace(origin=origin)
    log = Sealer(keys, Frontier())
    write_segments(tmp_path, [[log.segment(stamp(), None), log.checkpoint(stamp())]])
    assert run(tmp_path).stdout.startswith("ttytrace/\\u202e\n1\n")
