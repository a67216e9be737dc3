"""tracer.cli.replay; the player in a terminal is tested in tests/screen/test_player.py"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.samples import CAPTURED, LOST, NOW, OUTPUT
from tests.stored import StoredLog
from tests.unit.replay.logged import made
from tracer.cli.main import app
from tracer.errors import BadSearch, NoScreen


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    return made(tmp_path / "log")


def replay(log: StoredLog, *options: str) -> Result:
    return CliRunner().invoke(app, ["replay", "--log", str(log.path), *options])


def test_without_a_target_it_lists_what_there_is(log: StoredLog) -> None:
    """With handles; what was not recorded is told."""
    result = replay(log)
    handles = [line.split()[0] for line in result.stdout.splitlines()]
    assert (result.exit_code, handles) == (0, ["$1#3", "#3", "#4", "#9"])
    assert "5 bytes of text_output lost" in result.stderr
    assert len(replay(log, "--until", "2026-11-20T01:23:21Z").stdout.splitlines()) == 3


def test_the_list_counts_the_gaps_that_an_export_tells_of(tmp_path: Path) -> None:
    """What tmux claims in the beginning is none; that nobody recorded for a while is one."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.add(CAPTURED, OUTPUT, LOST)
    log.log("stop", NOW)
    log.add(OUTPUT)
    (pane,) = (line for line in replay(log).stdout.splitlines() if " pane " in line)
    assert pane.endswith("2 gaps")
    exported = CliRunner().invoke(app, ["export", "--log", str(log.path), "%3"])
    assert "2 gaps in it" in exported.stderr


def test_without_a_terminal_it_shows_nothing(log: StoredLog) -> None:
    """But says what does."""
    result = replay(log, "%3")
    assert isinstance(result.exception, NoScreen)
    assert "export --format text" in str(result.exception)
    assert not result.stdout


@pytest.mark.parametrize("value", ["0", "x", "nan", "inf"])
@pytest.mark.parametrize("option", ["--speed", "--idle-limit"])
def test_what_can_not_be_asked(log: StoredLog, option: str, value: str) -> None:
    """Is refused, before there is a look at the terminal."""
    result = replay(log, "%3", option, value)
    assert result.exit_code == 2 or isinstance(result.exception, BadSearch)
    assert not isinstance(result.exception, NoScreen)


def test_no_moment_is_an_error(log: StoredLog) -> None:
    """Before anything is looked at."""
    assert isinstance(replay(log, "--at", "soon").exception, BadSearch)
