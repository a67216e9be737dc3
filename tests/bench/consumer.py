"""From ring bytes to written JSON: records a second on one core, from a recording of rings.

Invariant: the whole pipeline runs, as in the daemon; only the kernel and the world are missing.
Names are known before the first record, so nothing waits for them.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.bench.report import Row
from tests.packing import drain, kind_of
from tests.playbook import (
    SERVER,
    asked,
    at_ns,
    exec_,
    exit_,
    followed,
    fork,
    key,
    output,
    pane_claim,
)
from tests.samples import HOST
from tracer.capture.recorded import RecordedSource, record
from tracer.clock import WallClock
from tracer.codec.ecs import Encoder
from tracer.daemon import relax_gc
from tracer.model import abi
from tracer.model.events import Record
from tracer.model.facts import Fact, ServerSeen
from tracer.model.findings import Finding
from tracer.model.stage import Drain
from tracer.pipeline import Pipeline
from tracer.redact.stage import Redactor
from tracer.settings import InputPolicy, RedactSettings

_RECORDS = 200_000
_PANES = 8
_PER_DRAIN = 2000
_STEP_MS = 0.002  # between records: the rate of the goal, 500,000 a second
_EXEC_EVERY = 1000
_LINE = "Größe 42, naïve, 日本語, plain text to the end of it\r\n".encode()


class Replay(RecordedSource):
    """A recording whose drains are in memory before they are asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        drains = list(iter(super().drain, None))
        self.records = sum(len(batch.spans) for each in drains for batch in each.batches)
        self._drains = iter(drains)
        self._loaded = True

    def drain(self) -> Drain | None:
        """The next one."""
        return next(self._drains, None) if hasattr(self, "_loaded") else super().drain()


class JsonSink:
    """Writes each finding as a line of JSON."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._to_json = Encoder(HOST, str, WallClock()).to_json

    def write(self, findings: list[Finding]) -> None:
        """As `ttytrace live --json` does."""
        self._file.write(b"".join(map(self._to_json, findings)))
        self._file.flush()


def measure(reps: int, scale: float, place: Path) -> Iterator[Row]:
    """Records a second, for output in joined records of two sizes and for programs alone."""
    relax_gc()
    for case, recording in recordings(scale, place):
        rates = [_rate(recording, place / "json") for _ in range(reps)]
        best = max(rates)
        notes = f"best {best:,.0f}/s, {1e6 / best:.2f} us each"
        yield Row("ring to JSON", case, None, None, tuple(rates), "records/s", notes)


def recordings(scale: float, place: Path) -> Iterator[tuple[str, Path]]:
    """Cases, and the recording of each, which the next one replaces."""
    count = round(_RECORDS * scale)
    for case, records in (
        ("output, 40 B records", _output(count, 40)),
        ("output, 200 B records", _output(count, 200)),
        ("programs: fork, exec, exit", _programs(count // 10)),
    ):
        recording = place / "recording"
        with recording.open("wb") as file:
            record(_drains(records), file)
        yield case, recording


def _rate(recording: Path, out: Path) -> float:
    source = Replay(recording)
    redactor = Redactor(RedactSettings(), InputPolicy.METADATA, b"key")
    pipeline = Pipeline(source, [JsonSink(out)], redactor)
    pipeline.learn(facts(), at_ns(0))
    gc.collect()
    start = time.process_time()
    while pipeline.turn():
        pass
    pipeline.finish()
    return source.records / (time.process_time() - start)


def facts() -> list[Fact]:
    """A server whose panes have answered."""
    panes = [pane_claim(_pane(nth), f"%{nth}") for nth in range(_PANES)]
    server = ServerSeen(SERVER, key(SERVER).start_time_ns, 1000, None, b"/tmp/tmux", ())
    return [server, *(followed(pane.pid, pane.pid) for pane in panes), asked(*panes)]


def _pane(nth: int) -> int:
    return 200 + nth % _PANES


def _output(count: int, size: int) -> Iterator[Record]:
    text = _LINE * (size * count // _PANES // len(_LINE) + 2)
    for number in range(count):
        nth, pane = number // _PANES, _pane(number)
        ms = number * _STEP_MS
        data = text[nth * size : (nth + 1) * size]
        yield output(data, nth * size, nth, ms, tty_id=pane, session=pane, foreground=pane)
        if number % _EXEC_EVERY == 0:
            yield exec_(1000 + number, b"ls", b"-l", ms=ms, pane=pane)


def _programs(count: int) -> Iterator[Record]:
    for number in range(count):
        ms, pid, pane = 3 * number * _STEP_MS, 1000 + number % 30_000, _pane(number)
        yield fork(pid, ms, pane=pane)
        yield exec_(pid, b"ls", b"-l", b"--color=auto", b"/var/log", ms=ms, pane=pane)
        yield exit_(pid, ms=ms)


def _drains(records: Iterator[Record]) -> Iterator[Drain]:
    produced = [0] * abi.KINDS
    while batch := list(islice(records, _PER_DRAIN)):
        numbered = []
        for each in batch:
            kind = kind_of(each)
            numbered.append((each, produced[kind], 0))
            produced[kind] += 1
        ms = (batch[-1].ktime_ns - at_ns(0)) / 1e6
        yield drain(numbered, produced, ms)
