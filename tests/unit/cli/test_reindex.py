"""tracer.cli.reindex"""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from tests.samples import EXEC, NOW
from tests.stored import StoredLog
from tracer.cli.main import app


def test_the_index_is_made_again(tmp_path: Path) -> None:
    """All of it; how far it has come is on stderr."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC)
    index = log.path / "index"
    index.mkdir(mode=0o700)
    (index / "000000000000.sqlite").write_bytes(b"no database")
    result = CliRunner().invoke(app, ["reindex", "--log", str(log.path)])
    assert result.exit_code == 0
    assert result.stderr == "ttytrace: indexed, up to record #2\n"
    assert (index / "000000000000.sqlite").read_bytes().startswith(b"SQLite format 3")


def test_an_empty_log(tmp_path: Path) -> None:
    """Is said to be one."""
    log = StoredLog(tmp_path / "log")
    result = CliRunner().invoke(app, ["reindex", "--log", str(log.path)])
    assert result.stderr == "ttytrace: the log is empty\n"
