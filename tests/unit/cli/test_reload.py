"""`ttytrace reload` says what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer import Exit

from tracer.cli import reload as command
from tracer.cli.reload import reload
from tracer.codec.identity import Fields
from tracer.errors import NotRunning
from tracer.settings import Settings


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Fields | None]:
    """What the recording process answers, one after the other."""
    found: list[Fields | None] = []
    monkeypatch.setattr(command, "load", lambda _: Settings())
    monkeypatch.setattr(command, "require_root", lambda _: None)
    monkeypatch.setattr(command, "ask", lambda *_: found.pop(0))
    return found


def test_what_was_taken_is_said(
    answers: list[Fields | None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not is another exit code."""
    answers += [{"error": None, "refused": []}, {"error": None, "refused": ["source"]}]
    reload(Path("x"))
    with pytest.raises(Exit) as raised:
        reload()
    assert raised.value.exit_code == 1
    assert capsys.readouterr().err.splitlines() == [
        "ttytrace: the settings were read again",
        "ttytrace: the settings were read again; source need a restart",
    ]


def test_where_nobody_records_that_is_said(answers: list[Fields | None]) -> None:
    """There is nothing to reload."""
    answers.append(None)
    with pytest.raises(NotRunning):
        reload()
