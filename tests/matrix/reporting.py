"""A pytest plugin for runs whose end another machine wants to know: `-p tests.matrix.reporting
--cell-report FILE` writes there what the tests came to, and what this machine says of itself.

It is written once, when all tests have ended: who finds none knows that they have not.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.matrix.budget import llvm_version
from tracer.capture.bcc_module import load_bcc
from tracer.errors import TtytraceError
from tracer.probe.btf import Btf
from tracer.probe.plan import choose
from tracer.probe.survey import survey


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cell-report", type=Path, required=True, metavar="FILE")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reporter(config.getoption("--cell-report")))


class Reporter:
    """Counts what the tests come to."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._passed = 0
        self._failed: set[str] = set()
        self._skipped: Counter[str] = Counter()
        self._properties: dict[str, Any] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)
        elif report.skipped:
            self._skipped[_reason(report)] += 1
        elif report.when == "call":
            self._passed += 1
        self._properties |= dict(report.user_properties)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        counts = {"passed": self._passed, "skipped": self._skipped, "failed": sorted(self._failed)}
        report = {"result": {**counts, **machine()}, "properties": self._properties}
        self._file.write_text(json.dumps(report))


def machine() -> dict[str, str]:
    """What is installed here, in its own words, and the plan that the tests were run under."""
    tmux = subprocess.run(["tmux", "-V"], check=True, capture_output=True, text=True).stdout
    return {
        "release": platform.release(),
        "plan": _plan(),
        "tmux": tmux.split()[-1],
        "bcc": load_bcc().__version__,
        "llvm": llvm_version(),
        "python": platform.python_version(),
    }


def _plan() -> str:
    try:
        return choose(survey(Btf.load()), os.environ.get("TTYTRACE_PLAN")).name
    except TtytraceError as error:
        return str(error)


def _reason(report: pytest.TestReport) -> str:
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return re.sub(r"^Skipped: ", "", said)
