"""`ttytrace rules`: each command, by its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.samples import EXEC, NOW
from tests.stored import StoredLog
from tests.unit.cli.made_rules import BROKEN, LS, jsonl, looks, rules
from tracer.cli.main import app


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with rules that are good, rules that are broken, and a log."""
    good = rules(tmp_path / "good", look=LS)
    jsonl(good / "look.hit.jsonl", looks("ls", "my file"))
    jsonl(good / "look.miss.jsonl", looks("ls"))
    bad = rules(tmp_path / "bad", look=LS, broken=BROKEN)
    jsonl(bad / "look.hit.jsonl", looks("ls"))
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(EXEC)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check good", 0),
        ("check good --verbose", 0),
        ("check bad", 65),
        ("check bad --json", 65),
        ("test good", 0),
        ("test bad", 1),
        ("list good", 0),
        ("list good --json", 0),
        ("run good --log log", 0),
        ("run good --log log --json --since 2026-11-20 --until 2026-11-21", 0),
        ("run good --log log --since 2026-11-21", 1),
        ("explain looks 1 good --log log", 0),
        ("explain looks good/look.miss.jsonl good", 1),
    ],
)
def test_the_exit_code_says_how_it_went(
    place: Path, monkeypatch: pytest.MonkeyPatch, command: str, code: int
) -> None:
    """And something is printed, where there is something."""
    monkeypatch.chdir(place)
    result = CliRunner().invoke(app, ["rules", *command.split()])
    assert result.exit_code == code, result.output
    assert bool(result.stdout) is not command.endswith("--since 2026-11-21")


@pytest.mark.parametrize("command", ["check none", "test none", "list none", "run none --log log"])
def test_no_rules(place: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Is an error in words."""
    monkeypatch.chdir(place)
    result = CliRunner().invoke(app, ["rules", *command.split()])
    assert "none: there is no such file or directory" in str(result.exception)
