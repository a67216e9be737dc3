"""`ttytrace status` asks who records, and its exit code says whether all is well."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from typer import Exit

from tests.unit.service.states import state
from tracer.cli import status as command
from tracer.cli.status import asked, status
from tracer.codec.identity import Fields
from tracer.errors import NoAnswer, NotRoot, NotRunning
from tracer.settings import LogSettings, Settings
from tracer.store.directory import Directory
from tracer.store.requests import Request, Requests


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogSettings:
    """Of a log here; root or not doesn't matter."""
    log = LogSettings(directory=str(tmp_path), state=str(tmp_path))
    monkeypatch.setattr(command, "load", lambda _: Settings(log=log))
    monkeypatch.setattr(command, "require_root", lambda _: None)
    return log


@contextmanager
def recording(settings: LogSettings, answer: Fields | None) -> Iterator[list[Request]]:
    """While somebody records who answers so; None: not at all."""
    over, requests = threading.Event(), list[Request]()
    directory = Directory(Path(settings.state))
    listening = Requests(directory)

    def turn() -> None:
        while not over.wait(0.001):
            for request in listening.poll(0):
                requests.append(request)
                if answer is not None:
                    request.answer(status=answer)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield requests
    finally:
        over.set()
        thread.join()
        listening.close()
        directory.close()


def test_what_is_well_is_code_0(settings: LogSettings, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines for people, one object for programs, the same that was said."""
    with recording(settings, state()) as requests:
        status()
        assert capsys.readouterr().out.startswith("state      well\n")
        status(json=True)
    assert orjson.loads(capsys.readouterr().out) == state()
    assert [request.asked for request in requests] == [{"status": True}] * 2


def test_what_is_not_well_is_code_1(
    settings: LogSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is shown all the same."""
    with recording(settings, state(troubles=["a thing"])), pytest.raises(Exit) as raised:
        status()
    assert raised.value.exit_code == 1
    assert "! a thing" in capsys.readouterr().out


def test_where_nobody_records_that_is_said(settings: LogSettings) -> None:
    """Exit code 69; a socket that a dead process left counts for nothing."""
    with pytest.raises(NotRunning, match="No ttytrace records into") as raised:
        asked(settings)
    assert raised.value.exit_code == 69
    with recording(settings, None):
        os.link(Path(settings.state, "socket"), Path(settings.state, "left"))
    Path(settings.state, "left").rename(Path(settings.state, "socket"))
    with pytest.raises(NotRunning):
        asked(settings)


def test_who_does_not_answer_is_not_waited_for(
    settings: LogSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 75: it stands still."""
    monkeypatch.setattr(command, "_PATIENCE_S", 0.05)
    with recording(settings, None), pytest.raises(NoAnswer, match="timed out"):
        asked(settings)


def test_only_root_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket is root's."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotRoot):
        status()
