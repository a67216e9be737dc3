"""The worker that tells people; tests/log/test_respond.py has it tell them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.alerting import Alerting
from tracer.settings import ActionKind, ActionSettings
from tracer.workers.door import pair

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a worker becomes another user")


def test_without_a_service_it_ends() -> None:
    """As soon as the door is closed."""
    door, theirs = pair(descriptors=0)
    command = [sys.executable, "-I", "-m", "tracer.workers.notify"]
    with theirs, subprocess.Popen(command, stdin=theirs) as process:
        door.close()
    assert process.returncode == 0


def test_urls_that_cannot_be_used_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the worker, which has no rights to read them with; without a word of them."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy-secret/")
    alerting = Alerting()
    try:
        path = alerting.place / "urls"
        path.write_text("nonsense://a-secret\n")
        path.chmod(0o640)
        alerting.start(ActionSettings(ActionKind.NOTIFY, "tell", urls=str(path)))
        state = alerting.until(lambda: alerting.state("tell"))
        assert state["reason"] == "line 1 of the file of urls has no scheme that is allowed"
        path.chmod(0o600)
        alerting.stop()
        alerting.start(ActionSettings(ActionKind.NOTIFY, "tell", urls=str(path)))
        assert "Permission denied" in alerting.until(lambda: alerting.state("tell"))["reason"]
    finally:
        alerting.close()
