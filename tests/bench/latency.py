"""From a write in a pane to the sealed line in the log's file, at an ordinary rate."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from pathlib import Path
from statistics import quantiles

from tests.bench.footprint import finish, start
from tests.bench.report import Row
from tests.kernel.tmux import Tmux
from tracer.seal.stage import may_be_seal

_LINES = 1000
_GAPS_S = (0.1, 0.02)
_MARK = re.compile(rb"@(\d+)@")
# What the pane runs: when it writes, by the clock of the kernel half's records.
_WRITES = """import time
for _ in range({count}):
    print(f"@{{time.clock_gettime_ns(time.CLOCK_BOOTTIME)}}@", flush=True)
    time.sleep({gap})
"""


def measure(reps: int, scale: float, place: Path) -> list[Row]:
    """Milliseconds, for each pause between two lines."""
    return [_measure(reps, gap, int(_LINES * scale), place) for gap in _GAPS_S]


def _measure(reps: int, gap_s: float, count: int, place: Path) -> Row:
    here = place / f"latency-{gap_s}"
    here.mkdir()
    service, log = start(here)
    (segment,) = (log.directory / "log").glob("[0-9]*")
    tmux = Tmux(here)
    late: list[float] = []
    for _ in range(reps):
        script = here / "writes.py"
        script.write_text(_WRITES.format(count=count, gap=gap_s))
        tmux.new_session(f"{sys.executable} {script}; sleep 1000")
        late += _seen(segment, count, (gap_s + 0.1) * count + 30)
    tmux.close()
    finish(service, log)
    percent = quantiles(late, n=100)
    notes = f"p99 {percent[98]:.1f} ms, worst {max(late):.1f} ms, {len(late)} lines"
    case = f"a line each {gap_s * 1000:.0f} ms: p50"
    return Row("write to sealed line", case, None, None, (percent[49],), "ms", notes)


def _seen(segment: Path, count: int, patience_s: float) -> list[float]:
    """How late each line was when the seal behind it was in the file."""
    late: list[float] = []
    end = time.monotonic() + patience_s
    with segment.open("rb") as file:
        file.seek(0, os.SEEK_END)
        data = b""
        while len(late) < count and time.monotonic() < end:
            data += file.read()
            now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            last = data[data.rfind(b"\n", 0, -1) + 1 : -1]
            if data.endswith(b"\n") and may_be_seal(last):
                late += [(now_ns - int(mark)) / 1e6 for mark in _MARK.findall(data)]
                data = b""
            select.select([], [], [], 0.0005)
    return late
