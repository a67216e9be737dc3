"""tracer.cli.erase"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.keeping import Kept
from tracer.cli.main import app
from tracer.errors import ForeignLog, NotErased, NotRoot
from tracer.settings import Settings


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """The host's own log, whose run has ended; and whoever runs this is its root."""
    kept = Kept(tmp_path)
    kept.append("a word")
    kept.end()
    monkeypatch.setattr("tracer.cli.erase.require_root", lambda command: None)
    monkeypatch.setattr("tracer.cli.erase.load", lambda config: Settings(log=kept.settings))
    yield kept
    kept.release()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["erase", *map(str, arguments)])


def index_of(kept: Kept, text: bytes) -> int:
    return next(index for index, line in kept.lines() if text in line)


def test_it_erases(kept: Kept) -> None:
    """And says so, and keeps the reason."""
    index = index_of(kept, b"a word")
    result = run(index, "--reason", "it says too much")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"ttytrace: record {index} is erased\n"
    assert not [index for index, line in kept.lines() if b"a word" in line]
    assert [fields["reason"] for _, fields in kept.ours("erase")] == ["it says too much"]


def test_the_log_may_be_named(kept: Kept, tmp_path: Path) -> None:
    """If it is the host's own; another has no keys here."""
    index = index_of(kept, b"a word")
    (tmp_path / "other").mkdir()
    wrong = run(index, "--reason", "x", "--log", tmp_path / "other")
    assert isinstance(wrong.exception, ForeignLog)
    assert run(index, "--reason", "x", "--log", kept.settings.directory).exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("1",), ("-1", "--reason", "x"), ("x", "--reason", "x")])
def test_what_is_missing_is_asked_for(arguments: tuple[str, ...]) -> None:
    """A record and a reason."""
    assert run(*arguments).exit_code == 2


def test_what_can_not_be_erased(kept: Kept) -> None:
    """Is an error that says why."""
    assert isinstance(run(0, "--reason", "x").exception, NotErased)


def test_nobody_but_root_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even try."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert isinstance(run(0, "--reason", "x").exception, NotRoot)
