"""One run of a suite in a pane of a private tmux server, with a tracer on or off.

The invariant: both runs differ in nothing but the tracer, and what a tracer did not see does not
count as traced.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.harm.suites import Suite
from tests.kernel.recording import Recording, Tracer
from tests.kernel.tmux import Pane, Tmux
from tests.patience import eventually
from tracer.model.findings import ProgramStarted

_PATIENCE_S = 3600.0
_TAINTED = Path("/proc/sys/kernel/tainted")  # a warning or worse of the kernel sets a bit


class Run(NamedTuple):
    """`lines` to compare; `programs` that the tracer saw start under the server, 0 without one."""

    lines: list[str]
    seconds: float
    plan: str
    programs: int


class NotTraced(Exception):
    """The tracer did not see what it was to see, so the run says nothing."""


def without_tracer(suite: Suite) -> Run:
    """What the suite says by itself."""
    with _place() as place:
        lines, seconds, _ = _in_pane(suite, place)
    return Run(lines, seconds, "", 0)


def with_tracer(suite: Suite, plan: str | None) -> Run:
    """What it says while a tracer watches, and proof that it did. Raises NotTraced."""
    with _place() as place, ExitStack() as on_error:
        (place / "tracer").mkdir()
        tracer = Tracer(place / "tracer", plan)
        on_error.callback(tracer.kill)
        lines, seconds, pane = _in_pane(suite, place)
        recording = tracer.stop()
    return Run(lines, seconds, recording.totals.plan, _seen(suite, recording, pane))


def _seen(suite: Suite, recording: Recording, pane: Pane) -> int:
    started = recording.of(ProgramStarted, pane.server_pid)
    names = {os.fsdecode(each.process.exe).rpartition("/")[2] for each in started}
    if missing := set(suite.programs) - names:
        raise NotTraced(f"{suite.name}: the tracer did not see {', '.join(sorted(missing))}")
    return len(started)


def _in_pane(suite: Suite, place: Path) -> tuple[list[str], float, Pane]:
    """What it says, how long that takes, and where it ran."""
    output, work, before = place / "output", place / "work", _TAINTED.read_text()
    work.mkdir(mode=0o777)
    work.chmod(0o777)  # where stress-ng is nobody
    tmux, began = Tmux(place), time.monotonic()
    try:
        pane = tmux.new_session(
            f"cd {work}; ({suite.command}) >{output} 2>&1; echo status $? >>{output};"
            f" mv {output} {output}.done"
        )
        done = place / "output.done"
        eventually(done.exists, lambda: f"{suite.name} does not end", _PATIENCE_S)
        text = done.read_text(errors="replace")
    finally:
        tmux.close()
    lines = [*suite.lines(text), text.splitlines()[-1]]
    if _TAINTED.read_text() != before:
        lines.append("the kernel warned")
    return lines, time.monotonic() - began, pane


@contextmanager
def _place() -> Iterator[Path]:
    # Always as long: tests print what they cut out of it.
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as around:
        place = Path(around) / "harm"
        Path(around).chmod(0o755)
        place.mkdir()
        yield place
