"""tracer.cli.install; what it does is in tests/unit/test_install.py and in a guest with systemd."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracer.cli import install as module
from tracer.cli.main import app
from tracer.errors import CantInstall, NotRoot
from tracer.install import Places
from tracer.settings import LogSettings, Settings
from tracer.store.state import STATE


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host without systemd, and no log, that took each step."""
    settings = Settings(log=LogSettings(state=str(tmp_path)))
    monkeypatch.setattr(module, "require_root", lambda _command: None)
    monkeypatch.setattr(module, "Places", lambda: Places(systemd=tmp_path / "none"))
    monkeypatch.setattr(module, "steps", lambda *_: iter(["It is \x1b[31mdone."]))
    monkeypatch.setattr(module, "load", lambda: settings)
    return tmp_path


def test_what_is_left_is_told(host: Path) -> None:
    """Without a log that is to begin one; and all that is said is safe to print."""
    done = CliRunner().invoke(app, ["install"])
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        r"It is \x1b[31mdone.",
        "Left to do: ttytrace init, then systemctl enable --now ttytrace.service",
    ]
    assert not done.stdout


def test_with_a_log_only_the_start_is_left(host: Path) -> None:
    """Nothing asks to begin another one."""
    (host / STATE).touch()
    told = CliRunner().invoke(app, ["install"]).stderr
    assert told.endswith("Left to do: systemctl enable --now ttytrace.service\n")


def test_now_begins_the_log(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once."""
    monkeypatch.setattr(module, "init", (host / STATE).touch)
    for _ in range(2):
        told = CliRunner().invoke(app, ["install", "--now"]).stderr
        assert told.endswith("Left to do: systemctl enable --now ttytrace.service\n")
    monkeypatch.setattr(module, "init", lambda: pytest.fail("there is one"))
    assert CliRunner().invoke(app, ["install", "--now"]).exit_code == 0


def test_it_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert isinstance(CliRunner().invoke(app, ["install"]).exception, NotRoot)


def test_what_cannot_be_is_an_error(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the tree that main prints."""

    def refuse(*_: object) -> None:
        raise CantInstall(reason="x")

    monkeypatch.setattr(module, "steps", refuse)
    assert isinstance(CliRunner().invoke(app, ["install"]).exception, CantInstall)
