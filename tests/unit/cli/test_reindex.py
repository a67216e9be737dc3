"""tracer.cli.reindex"""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from tests.samples import EXEC, NOW
from tests.stored import StoredLog
from tracer.cli.cache import index_place
from tracer.cli.main import app
from tracer.store.directory import Directory


def test_the_index_is_made_again(tmp_path: Path) -> None:
    """All of it; how far it has come is on stderr."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC)
    shard = index_place(Directory(log.path)).path / "000000000000.sqlite"
    shard.write_bytes(b"no database")
    result = CliRunner().invoke(app, ["reindex", "--log", str(log.path)])
    assert result.exit_code == 0
    assert result.stderr == "ttytrace: indexed, up to record #2\n"
    assert shard.read_bytes().startswith(b"SQLite format 3")


def test_an_empty_log(tmp_path: Path) -> None:
    """Is said to be one."""
    log = StoredLog(tmp_path / "log")
    result = CliRunner().invoke(app, ["reindex", "--log", str(log.path)])
    assert result.stderr == "ttytrace: the log is empty\n"
