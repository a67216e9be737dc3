"""A load in a pane of a private tmux server: alone, under ttytrace, and under each recorder.

Invariant: each run has a server and a tracer of its own, and they are gone when it is over. A
round measures every case once, in an order that turns from round to round, and the bare pane first
and last; its mean is what the round's times are divided by.
"""

from __future__ import annotations

import os
import select
import shutil
import tempfile
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import orjson

from tests.bench import recorders
from tests.bench.loads import Load
from tests.bench.recorders import RECORDERS, Recorder
from tests.bench.report import Row, compared
from tests.bench.tracer import Memory, Tracer
from tests.kernel.tmux import Pane, Tmux

_PATIENCE_S = 600
_SETTLE_S = 0.3


class Run(NamedTuple):
    """One measured run. `recorded`: whether everything that was to be recorded was, in words."""

    wall_s: float
    recorded: str = ""
    cpu_s: float = 0
    lost: int = 0
    memory: Memory | None = None


def measure(load: Load, reps: int, place: Path) -> Iterator[Row]:
    """A row for each case; what is not installed is told on a row of its own."""
    obstacles = {recorder: recorders.obstacle(recorder, place) for recorder in RECORDERS}
    cases = [None, *(recorder for recorder, why_not in obstacles.items() if not why_not)]
    runs: dict[str, list[Run]] = {_name(case): [] for case in cases}
    baselines: list[list[float]] = []
    for nth in range(reps):
        bare = [_bare(load, place)]
        turned = nth % len(cases)
        for case in cases[turned:] + cases[:turned]:
            runs[_name(case)].append(_recorded(load, case, place))
        bare.append(_bare(load, place))
        baselines.append(bare)
    yield Row(load.name, "bare", None, None, tuple(chain.from_iterable(baselines)), "s")
    for name, measured in runs.items():
        times = [run.wall_s for run in measured]
        yield compared(load.name, name, times, baselines, unit="s", notes=_notes(measured))
    for recorder, why_not in obstacles.items():
        if why_not:
            yield Row(load.name, recorder.name, None, None, (), "", f"skipped, {why_not}")


def _name(case: Recorder | None) -> str:
    return "ttytrace" if case is None else case.name


def _notes(runs: list[Run]) -> str:
    recorded = Counter(run.recorded for run in runs)
    notes = [f"{what} ({count} of {len(runs)})" for what, count in recorded.items() if what]
    memories = [run.memory for run in runs if run.memory]
    if memories:
        rss, pss, uss = (median(column) for column in zip(*memories, strict=True))
        cpu_s = median(run.cpu_s for run in runs)
        notes += [f"{sum(run.lost for run in runs)} lost events", f"tracer {cpu_s:.2f} CPU s"]
        notes.append(f"RSS {rss:.0f} PSS {pss:.0f} USS {uss:.0f} MiB")
    return ", ".join(notes)


def _bare(load: Load, place: Path) -> float:
    with tempfile.TemporaryDirectory(dir=place) as own:
        return _in_pane(load.command, Path(own), None)[0]


def _recorded(load: Load, case: Recorder | None, place: Path) -> Run:
    own = Path(tempfile.mkdtemp(dir=place))
    try:
        return _traced(load, own) if case is None else _under(case, load, own)
    finally:
        shutil.rmtree(own)


def _under(recorder: Recorder, load: Load, own: Path) -> Run:
    out = own / "recorded"
    if recorder.wrap is None:
        wall_s, _ = _in_pane(load.command, own, pipe=out)
    else:
        wall_s, _ = _in_pane(load.command, own, None, recorder, out)
    if load.programs:
        return Run(wall_s, "sees no programs")
    return Run(wall_s, _completeness(recorder.read(out), load.shown))


def _traced(load: Load, own: Path) -> Run:
    out = own / "events.jsonl"
    tracer = Tracer(out)
    try:
        before_s = tracer.cpu_s()
        wall_s, pane = _in_pane(load.command, own, None)
        cpu_s, memory = tracer.cpu_s() - before_s, tracer.memory()
    finally:
        tracer.stop()
    events = list(_events_of(out, pane))
    lost = sum(event["event"]["action"] == "lost" for event in events)
    recorded = _programs(events, load) if load.programs else _output(events, load)
    return Run(wall_s, recorded, cpu_s, lost, memory)


def _in_pane(
    command: str,
    own: Path,
    pipe: Path | None,
    recorder: Recorder | None = None,
    out: Path | None = None,
) -> tuple[float, Pane]:
    """Wall seconds from the go until the command is over, and the pane, which is gone then."""
    measured = f"tmux wait-for -S ready; tmux wait-for go; {command}; tmux wait-for -S done"
    if recorder is not None and recorder.wrap is not None and out is not None:
        measured = recorder.wrap(measured, out)
    tmux = Tmux(own)
    try:
        pane = tmux.new_session(measured, pipe=pipe)
        server = os.pidfd_open(pane.server_pid)
        tmux.wait("ready")
        time.sleep(_SETTLE_S)
        start = time.perf_counter()
        tmux.signal("go")
        tmux.wait("done")
        wall_s = time.perf_counter() - start
        # The server ends with its only pane, which ends when the recorder has written everything.
        select.select([server], [], [], _PATIENCE_S)
        os.close(server)
        time.sleep(_SETTLE_S)
        return wall_s, pane
    finally:
        tmux.close()


def _events_of(path: Path, pane: Pane) -> Iterator[dict[str, Any]]:
    """Events of the pane's server, and losses whose place isn't known."""
    with path.open("rb") as file:
        for line in file:
            event = orjson.loads(line)
            server = event.get("tmux", {}).get("server", {}).get("pid")
            if server in (pane.server_pid, None):
                yield event


def _output(events: list[dict[str, Any]], load: Load) -> str:
    shown = [event for event in events if event["event"]["action"] == "text_output"]
    return _completeness(b"".join(map(_bytes_of, shown)), load.shown)


def _bytes_of(event: dict[str, Any]) -> bytes:
    exact = event["ttytrace"]["io"].get("bytes")
    return b64decode(exact) if exact is not None else event["process"]["io"]["text"].encode()


def _programs(events: list[dict[str, Any]], load: Load) -> str:
    seen = Counter(
        event["event"]["action"]
        for event in events
        if event.get("process", {}).get("executable", "").endswith("/true")
    )
    complete = seen["exec"] == seen["end"] == load.programs
    return "complete" if complete else f"{seen['exec']} exec, {seen['end']} end"


def _completeness(recorded: bytes, shown: bytes) -> str:
    return "complete" if shown in recorded else f"{len(recorded):,} of {len(shown):,} bytes"
