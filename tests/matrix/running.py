"""Runs one cell: its tests, natively or in a guest, and what they say of themselves.

Invariant: a result is passed only if pytest said so in a report of its own, tests ran, and what ran
them is what the cell names. What the tests print is kept under build/matrix.
"""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.guest import boot, kernels, native, userlands
from tests.guest.suite import KERNEL_TESTS, SUBSETS, environment_of
from tests.matrix import results
from tests.matrix.cells import Cell
from tests.matrix.results import Result
from tracer.errors import TtytraceError
from tracer.probe.btf import Btf
from tracer.probe.plan import choose
from tracer.probe.survey import survey

LOGS = kernels.REPO / "build" / "matrix"
LIMIT_S = 1800
_PYTEST_FOUND_NOTHING = 5


class Ran(NamedTuple):
    """`properties` are those that tests recorded, by name."""

    result: Result
    properties: Mapping[str, Any] = {}


def run(cell: Cell, only: str = "") -> Ran:
    """Runs the tests of a cell; with `only` those that match, as of pytest's -k.

    Needs root.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    chosen = ("-m", "every_plan", "-k", only) if only else SUBSETS[cell.subset]
    tests = [*KERNEL_TESTS, "--durations=10", *chosen]
    try:
        return _on_host(cell, tests) if cell.kernel == kernels.HOST else _in_guest(cell, tests)
    except (LookupError, subprocess.CalledProcessError) as error:
        return Ran(_result(cell, 0)._replace(reason=f"not to be had from the archive: {error}"))


def _on_host(cell: Cell, tests: Sequence[str]) -> Ran:
    if refusal := _refusal(cell.plan):
        refused = _result(cell, 0)._replace(outcome="refused", reason=refusal)
        return Ran(refused._replace(release=platform.release()))
    report = _file(cell, "json")
    report.unlink(missing_ok=True)
    command = [*tests, *_reporting(str(report))]
    started = time.monotonic()
    with _file(cell, "log").open("wb") as log:
        status = native.run(_userland(cell), command, plan=cell.plan, limit_s=LIMIT_S, output=log)
    seconds = time.monotonic() - started
    return _ran(cell, status, report.read_bytes() if report.exists() else None, seconds)


def _in_guest(cell: Cell, tests: Sequence[str]) -> Ran:
    died = _boot(cell, tests)
    if died.result.outcome != "died" or died.result.seconds >= LIMIT_S:
        return died
    # An emulated guest may hang or panic once for a reason of the emulation's.
    again = _boot(cell, tests)
    note = f"booted twice: {died.result.reason}"
    return again if again.result.outcome == "died" else _noted(again, note)


def _boot(cell: Cell, tests: Sequence[str]) -> Ran:
    started = time.monotonic()
    with _file(cell, "log").open("wb") as log:
        try:
            outcome = boot.run(
                kernels.fetch(kernels.boxes()[cell.kernel]),
                [*tests, *_reporting(boot.REPORT)],
                environment=environment_of(cell.plan),
                limit_s=LIMIT_S,
                userland=_userland(cell),
                echo=log,
            )
        except boot.GuestDied as died:
            log.write(str(died).encode())
            reason = str(died).partition("\n")[0]
            failed = _result(cell, time.monotonic() - started)
            return Ran(failed._replace(outcome="died", reason=reason))
    return _ran(cell, outcome.status, outcome.report, outcome.seconds)


def _ran(cell: Cell, status: int, report: bytes | None, seconds: float) -> Ran:
    result = _result(cell, seconds)
    if report is None:
        return Ran(result._replace(reason=f"no report, status {status}"))
    said = json.loads(report)
    result = result._replace(**{**said["result"], "failed": tuple(said["result"]["failed"])})
    if status == _PYTEST_FOUND_NOTHING or not result.passed:
        result = result._replace(reason="no test ran to its end")
    elif other := _other(cell, result):
        result = result._replace(reason=other)
    elif status == 0:
        result = result._replace(outcome="passed")
    return Ran(result, said["properties"])


def _result(cell: Cell, seconds: float) -> Result:
    return Result("failed", f"{datetime.now(UTC):%Y-%m-%d}", results.commit(), round(seconds))


def _noted(ran: Ran, note: str) -> Ran:
    reason = "; ".join(filter(None, (ran.result.reason, note)))
    return ran._replace(result=ran.result._replace(reason=reason))


def _other(cell: Cell, result: Result) -> str:
    """What ran the tests but is not what the cell names."""
    userland = _userland(cell)
    wanted = {"plan": cell.plan, "tmux": userland.tmux, "bcc": userland.bcc}
    wanted["python"] = userland.python
    found = result._asdict()
    return "; ".join(
        f"{name} is {found[name]}, not {version}"
        for name, version in wanted.items()
        if not found[name].startswith(version)
    )


def _refusal(plan: str) -> str:
    """Why this host's kernel doesn't offer a plan, in its own words."""
    try:
        choose(survey(Btf.load()), plan)
    except TtytraceError as error:
        return str(error.facts.get("reason", error))
    return ""


def _userland(cell: Cell) -> userlands.Userland:
    return userlands.userlands()[cell.userland]


def _reporting(file: str) -> list[str]:
    return ["-p", "tests.matrix.reporting", "--cell-report", file]


def log_of(cell: Cell) -> Path:
    """Where what its tests printed is kept."""
    return _file(cell, "log")


def _file(cell: Cell, suffix: str) -> Path:
    return LOGS / f"{cell.name.replace('/', '-')}.{suffix}"
