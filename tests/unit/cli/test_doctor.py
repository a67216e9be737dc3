"""doctor, run for real on the machine of the tests."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tracer.cli import doctor as module
from tracer.cli.doctor import Candidate, Feature, Report, examine, lines
from tracer.errors import TtytraceError
from tracer.observe.audit_rules import RULE, State
from tracer.probe.btf import Btf
from tracer.probe.caps import Caps
from tracer.probe.plan import choose
from tracer.probe.survey import Host, survey

REPO = Path(__file__).parents[3]
AS_NOBODY = ("setpriv", "--reuid=65534", "--clear-groups")


def doctor(*arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    code = "import typer; from tracer.cli.doctor import doctor; typer.run(doctor)"
    return subprocess.run(
        [*prefix, sys.executable, "-B", "-c", code, *arguments],
        capture_output=True, check=False, cwd=REPO, text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": ".", "LANG": "C.UTF-8"},
    )  # fmt: skip


def test_json_is_one_object_with_the_exit_code() -> None:
    """--json prints the whole report, and the process exits as the report says."""
    run = doctor("--json")
    report: dict[str, Any] = orjson.loads(run.stdout)
    assert set(report) == {field.name for field in dataclasses.fields(Report)}
    assert run.returncode == report["exit_code"]
    assert run.stderr == ""


def test_it_chooses_as_live_does() -> None:
    """The plan and hooks are those that the same machine gives to `live`."""
    report = examine()
    try:
        plan = choose(survey(Btf.load()))
    except TtytraceError as error:
        assert (report.exit_code, report.sentence) == (error.exit_code, str(error))
        return
    assert [candidate.name for candidate in report.plans if candidate.ok] == [plan.name]
    assert [(hook.kind, hook.target) for hook in report.hooks] == [
        (chosen.way.kind, chosen.way.target) for chosen in plan.hooks
    ]


@pytest.mark.parametrize(
    ("state", "ok", "cure"),
    [
        (None, None, None),
        (State(True, True, False), True, None),
        (State(True, False, False), False, f"no audit rule tells of programs: {RULE}"),
    ],
)
def test_what_audit_lacks_is_said(
    state: State | None, ok: bool | None, cure: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rule to add; nothing of it changes the plan."""
    monkeypatch.setattr(module, "ask", lambda: state)
    (feature,) = [each for each in examine().features if each.name == "audit"]
    assert (feature.ok, feature.cure) == (ok, cure)


def test_every_feature_is_shown() -> None:
    """Each feature that a plan can need has a line, so have BCC and audit; and each a cure."""
    report = examine()
    names = {field.name for field in dataclasses.fields(Caps)} - {"targets"} | {"bcc", "audit"}
    assert {feature.name for feature in report.features} == names
    for feature in report.features:
        assert (feature.cure is not None) == (feature.ok is False)


def test_without_root_it_says_what_it_cannot_know() -> None:
    """A user who isn't root gets the report, the cure and exit code 77, and no traceback."""
    run = doctor(prefix=AS_NOBODY if os.geteuid() == 0 else ())
    assert run.returncode == 77
    assert run.stderr == ""
    assert "  ✗ root            the user id is" in run.stdout
    assert "  ? ring_buffer     only root can try" in run.stdout
    assert run.stdout.endswith("needs root: run it with sudo.\n")


def test_foreign_text_is_made_safe() -> None:
    """Escape sequences in what the kernel or another program said do not reach the terminal."""
    hostile = "\x1b]0;owned\x07"
    report = Report(
        Host(hostile, hostile, hostile),
        (Feature("bcc", False, hostile, "cure"),),
        (Candidate("kprobe", False, hostile),),
        (),
        hostile,
        69,
    )
    text = "\n".join(lines(report))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert text.count("owned") == 6


@pytest.mark.parametrize(("ok", "mark"), [(True, "✓"), (False, "✗"), (None, "?")])
def test_marks(ok: bool | None, mark: str) -> None:
    """Yes, no and unknown look different."""
    report = Report(Host("k", "m", None), (Feature("bpf", ok, "d", None),), (), (), "s", 0)
    assert f"  {mark} bpf             d" in list(lines(report))
