"""tracer.cli.logs"""

from __future__ import annotations

import pytest

from tracer.cli import logs
from tracer.errors import NoLog
from tracer.settings import LogSettings, Settings


def test_the_option_goes_before_the_settings(tmp_path, monkeypatch) -> None:
    """A copied log is read wherever it is; without --log, the settings' one is."""
    (tmp_path / "settings").mkdir()
    (tmp_path / "option").mkdir()
    named = Settings(log=LogSettings(directory=str(tmp_path / "settings")))
    monkeypatch.setattr(logs, "load", lambda: named)
    assert logs.open_log(None).path == tmp_path / "settings"
    assert logs.open_log(tmp_path / "option").path == tmp_path / "option"


def test_a_log_needs_no_settings(tmp_path, monkeypatch) -> None:
    """With --log the settings aren't read: they may be another host's, or not ours to read."""
    monkeypatch.setattr(logs, "load", lambda: pytest.fail("read the settings"))
    assert logs.open_log(tmp_path).path == tmp_path


def test_no_log(tmp_path) -> None:
    """Where there is none, the error says which place was meant."""
    with pytest.raises(NoLog, match="/nowhere: there is no log here"):
        logs.open_log(tmp_path / "nowhere")
