"""What a process that isn't traced pays: three system calls, with a tracer loaded and without."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson

from tests.bench.programs import build
from tests.bench.report import Row, compared
from tests.bench.tracer import LIVE, Tracer
from tests.variants import RAW_SYSCALLS

_CALLS = 1_000_000
_Times = dict[str, float]


def measure(reps: int, scale: float, place: Path) -> Iterator[Row]:
    """Rows for the plan that is chosen here, and for the tracepoint plan at its dearest: where
    tracefs can't be had, each system call's exit is looked at."""
    program, count = build("calls", place), round(_CALLS * scale)
    raw = ("tests.kernel.tracing", str(place / "findings"), "--plan", RAW_SYSCALLS)
    for case, command, ready in (
        ("plan as chosen", LIVE, b"ttytrace: watching"),
        ("raw tracepoints", raw, b"ready"),
    ):
        bare: list[_Times] = []
        loaded: list[_Times] = []
        for _ in range(reps):
            bare.append(_times(program, count))
            tracer = Tracer(place / "out", *command, ready=ready)
            try:
                loaded.append(_times(program, count))
            finally:
                tracer.stop()
        for call in bare[0]:
            times = [run[call] for run in loaded]
            without = [[run[call]] for run in bare]
            notes = f"{median(run[call] for run in bare):.0f} ns without"
            yield compared(
                "untraced call", f"{call}, {case}", times, without, unit="ns", notes=notes
            )


def _times(program: Path, count: int) -> _Times:
    done = subprocess.run([program, str(count)], check=True, capture_output=True)
    times: _Times = orjson.loads(done.stdout)
    return times
