"""Programs that run about alerts; tests/log/test_respond.py has the worker run them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.patience import eventually
from tracer.observe.procfs import is_over
from tracer.respond.action import Outcome, Refused, State
from tracer.respond.alert import SealedAlert
from tracer.respond.program import Program
from tracer.settings import ActionKind, ActionSettings

ALERT = SealedAlert(7, b'{"a":1}', {})
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a program becomes another user")


def program(*argv: str, **settings: Any) -> Program:
    return Program(ActionSettings(ActionKind.PROGRAM, "x", program=argv, **settings))


def run(*argv: str) -> Outcome:
    return program(*argv).act(ALERT)


@needs_root
def test_it_gets_the_alert() -> None:
    """As a line; what it says first is kept, and how it ended."""
    assert run("/bin/cat") == (State.DONE, None, {"exit_status": 0, "output": '{"a":1}\\x0a'})
    failed = run("/bin/sh", "-c", "printf '\\033['; exec 1>&- 2>&-; kill -9 $$")
    assert failed == (State.FAILED, "it ended with -9", {"exit_status": -9, "output": "\\x1b["})


@needs_root
def test_whoever_it_leaves_behind_goes_with_it() -> None:
    """And holds nothing up, however much they say."""
    outcome = run("/bin/sh", "-c", "sleep 1033 & echo $!; yes & exit")
    assert outcome.state is State.DONE
    pid = int(outcome.hit["output"].split("\\x0a")[0])
    eventually(lambda: is_over(pid))


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_what_others_can_change_is_refused(mode: int, tmp_path: Path) -> None:
    """Itself, or a directory on the way."""
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    with pytest.raises(Refused, match="could be changed"):
        program(str(path)).check()
    path.chmod(0o755)
    with pytest.raises(Refused, match="/tmp could be changed"):
        program(str(path)).check()


@pytest.mark.parametrize(
    ("argv", "user", "reason"),
    [
        (("/bin",), "nobody", "is not a file"),
        (("/bin/true",), "root", "as root"),
        (("/bin/true",), "no-such-user", "no user no-such-user"),
    ],
)
def test_what_must_not_run_is_refused(argv: tuple[str, ...], user: str, reason: str) -> None:
    """With why."""
    with pytest.raises(Refused, match=reason):
        program(*argv, user=user).check()
    with pytest.raises(FileNotFoundError):
        program("/no/such/program").check()
