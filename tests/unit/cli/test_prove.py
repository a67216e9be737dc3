"""tracer.cli.prove"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.unit.seal.made import made_segments, write_segments
from tracer.cli.main import app
from tracer.errors import BadLog, NoLog, NoProof
from tracer.store.directory import Directory
from tracer.store.proofs import prove


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write_segments(tmp_path, made_segments())
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["prove", *map(str, arguments)])


def test_it_prints_the_proof(log: Path) -> None:
    """And nothing else, so that it can go to a file."""
    result = run(7, "--log", log)
    assert result.exit_code == 0
    assert result.stdout == prove(Directory(log / "log"), 7)
    assert result.stdout.startswith("c2sp.org/tlog-proof@v1\nindex 7\n")


@pytest.mark.parametrize("index", ["-1", "", "seven", "7.5"])
def test_what_is_no_index(log: Path, index: str) -> None:
    """Is refused as an option is."""
    assert run("--log", log, "--", index).exit_code == 2


def test_what_cant_be_proved(log: Path) -> None:
    """Errors say why."""
    assert isinstance(run(10_000, "--log", log).exception, NoProof)
    assert isinstance(run(7, "--log", log / "nowhere").exception, NoLog)
    (log / "log" / "000000000012.jsonl").write_bytes(b"\x1b[2J\n")
    assert isinstance(run(7, "--log", log).exception, BadLog)
