"""Who looks at the log of this host is in the log, before anything is shown."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.keeping import Kept
from tracer.cli.chosen import chosen, wish_of
from tracer.cli.main import app
from tracer.errors import NoAnswer, NoRecording, TtytraceError
from tracer.settings import Settings


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """The host's own log, whose run has ended."""
    kept = Kept(tmp_path)
    kept.append("a remarkable word")
    kept.end()
    settings = Settings(log=kept.settings)
    monkeypatch.setattr("tracer.cli.indexed.load", lambda: settings)
    monkeypatch.setattr("tracer.cli.logs.load", lambda: settings)
    yield kept
    kept.release()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ttytrace", *arguments])
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("command", ["search --text 'remarkable word'", "sessions", "search"])
def test_it_is_recorded(kept: Kept, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was typed; the search finds what was there before."""
    result = run(monkeypatch, *shlex.split(command))
    assert result.exit_code == 0, result
    assert result.stdout
    ((_, fields),) = kept.ours("read")
    assert fields["command"] == f"ttytrace {command}"


def test_without_a_record_nothing_is_shown(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can't be written, the command fails."""

    def no_room(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", no_room)
        result = run(patch, "search")
    assert result.exit_code
    assert not result.stdout


def test_a_copy_is_read_without_one(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no keys; nothing in it changes but its index."""
    copy = tmp_path / "copy"
    shutil.copytree(kept.settings.directory, copy)
    before = {path.name: path.read_bytes() for path in (copy / "log").iterdir()}
    assert run(monkeypatch, "search", "--log", str(copy)).stdout
    assert {path.name: path.read_bytes() for path in (copy / "log").iterdir()} == before
    assert kept.ours("read") == []


def watch(monkeypatch: pytest.MonkeyPatch, target: str) -> list[str]:
    """Titles of what is shown to somebody who asks for it."""
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ttytrace", "replay", target])
    with chosen(None, wish_of(target, "", "", "")) as found:
        return [view.title for view in found.views]


def test_what_is_watched_is_recorded(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which terminal, and which stretch of its time."""
    title = "%3 a remarkable word pts/3 on lab"
    assert watch(monkeypatch, "%3") == [title]
    ((_, fields),) = kept.ours("read")
    assert (fields["command"], fields["target"]) == ("ttytrace replay %3", title)
    assert sorted(fields["range"]) == ["from", "to"]
    assert fields["range"]["from"].startswith("20")


def test_an_error_that_names_recordings_is_recorded(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows something, too."""
    with pytest.raises(NoRecording):
        watch(monkeypatch, "%77")
    ((_, fields),) = kept.ours("read")
    assert "target" not in fields


def test_nothing_is_watched_without_a_record(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where it can't be written, nor by somebody who may not write it."""
    shown: list[str] = []

    def no_room(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises((OSError, TtytraceError)):
        patch.setattr("os.fdatasync", no_room)
        shown += watch(patch, "%3")
    with monkeypatch.context() as patch, pytest.raises(NoAnswer, match="only root"):
        patch.setattr("os.access", lambda path, mode: False)
        shown += watch(patch, "%3")
    assert shown == []
