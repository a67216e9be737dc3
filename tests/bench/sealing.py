"""The sealed log: what sealing costs beside plain appending, and how fast a log is verified.

Invariant: rates are of processor time, so of one core; what is synced waits for the same disk in
the plain case, which syncs as often.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import orjson

from tests.attributes import changeable
from tests.bench.consumer import Replay, facts, recordings
from tests.bench.report import Row, compared
from tests.playbook import at_ns
from tests.samples import HOST
from tracer.clock import WallClock, boot_ns
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.daemon import relax_gc
from tracer.model.findings import Finding
from tracer.model.sealed import Stamp
from tracer.pipeline import Pipeline
from tracer.redact.stage import Redactor
from tracer.seal.keys import first_signer
from tracer.seal.report import Verdict
from tracer.seal.verify import Trust
from tracer.settings import InputPolicy, LogSettings, RedactSettings
from tracer.sinks.pulse import Pulse
from tracer.sinks.record import RecordSink
from tracer.store.check import verify_log
from tracer.store.create import create
from tracer.store.directory import Directory
from tracer.store.housekeeping import Housekeeping
from tracer.store.log import Log

_EVENTS = 200_000
_PER_APPEND = 100
_BATCH_BYTES = 1 << 16
_SYNC_S = 1


class Store:
    """A log of its own in `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place / "store"
        self.settings = LogSettings(str(self.place / "log"), str(self.place / "state"))
        self.seed = b""
        create(self.settings, self._keep)
        self.log = Log.open(self.settings, stamp())

    def sink(self) -> RecordSink:
        """What a run writes through."""
        wall, pulse = WallClock(), Pulse(os.getpid(), boot_ns())
        keeper = Housekeeping(self.settings)
        return RecordSink(self.log, keeper, Encoder(HOST, str, wall), wall, pulse)

    def verify(self) -> float:
        """Checks all of it with its seed and key; records a second."""
        directory = Directory(Path(self.settings.directory)).inside("log")
        trust = Trust(first_signer(self.seed).public, self.seed)
        start = time.process_time()
        report = verify_log(directory, trust, lambda _number, _done: None).report(time.time_ns())
        seconds = time.process_time() - start
        assert report.verdict in (Verdict.OK, Verdict.INCOMPLETE), report
        return report.head.size / seconds

    def remove(self) -> None:
        """Takes it off the disk."""
        changeable(self.place)
        shutil.rmtree(self.place)

    def _keep(self, seed: bytes) -> None:
        self.seed = seed


class Findings:
    """A sink that keeps what it gets, encoded."""

    def __init__(self) -> None:
        self._encode = Encoder(HOST, str, WallClock()).encode
        self.events: list[Fields] = []

    def write(self, findings: list[Finding]) -> None:
        """As events."""
        self.events += map(self._encode, findings)


def measure(reps: int, scale: float, place: Path) -> Iterator[Row]:
    """Ring to sealed file, sealed beside plain append, and verifying."""
    relax_gc()
    for case, path in recordings(scale, place):
        rates = [_from_rings(path, place) for _ in range(reps)]
        best = max(rates)
        notes = f"best {best:,.0f}/s, {1e6 / best:.2f} us each"
        yield Row("ring to sealed log", case, None, None, tuple(rates), "records/s", notes)
    yield from _appending(reps, round(_EVENTS * scale), place)


@contextmanager
def _store(place: Path) -> Iterator[Store]:
    store = Store(place)
    try:
        yield store
    finally:
        store.remove()


def _from_rings(recording: Path, place: Path) -> float:
    source = Replay(recording)
    with _store(place) as store:
        sink = store.sink()
        redactor = Redactor(RedactSettings(), InputPolicy.METADATA, b"key")
        pipeline = Pipeline(source, [sink], redactor)
        pipeline.learn(facts(), at_ns(0))
        start = time.process_time()
        while pipeline.turn():
            sink.tick()
        pipeline.finish()
        sink.close()
        return source.records / (time.process_time() - start)


def _appending(reps: int, count: int, place: Path) -> Iterator[Row]:
    events = _events(count, place)
    plain, sealed, verified = [], [], []
    for _ in range(reps):
        plain.append(_seconds(partial(_append_plain, events, place / "plain")))
        with _store(place) as store:
            sealed.append(_seconds(partial(_append_sealed, events, store.log)))
            verified.append(store.verify())
    size = sum(len(orjson.dumps(event)) for event in events) // len(events)
    notes = f"plain {len(events) / min(plain):,.0f}/s, sealed {len(events) / min(sealed):,.0f}/s"
    yield compared(
        "sealed append",
        f"events of {size} bytes, by plain append",
        sealed,
        [(each,) for each in plain],
        unit="s",
        notes=notes,
    )
    rate = f"best {max(verified):,.0f}/s"
    yield Row("verify", "seed and key", None, None, tuple(verified), "records/s", rate)


def _events(count: int, place: Path) -> list[Fields]:
    # Of every kind there is in the recordings, over and over: sealing sets only its own fields.
    sink = Findings()
    for _, path in recordings(0.02, place):
        redactor = Redactor(RedactSettings(), InputPolicy.METADATA, b"key")
        pipeline = Pipeline(Replay(path), [sink], redactor)
        pipeline.learn(facts(), at_ns(0))
        while pipeline.turn():
            pass
        pipeline.finish()
    short = [event for event in sink.events if len(orjson.dumps(event)) < 2000]
    return [short[nth % len(short)] for nth in range(count)]


def _append_plain(events: list[Fields], path: Path) -> None:
    waiting, size, synced = [], 0, time.monotonic()
    with path.open("wb", buffering=0) as file:
        for event in events:
            line = orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
            waiting.append(line)
            size += len(line)
            if size >= _BATCH_BYTES:
                file.write(b"".join(waiting))
                waiting, size = [], 0
                if time.monotonic() - synced >= _SYNC_S:
                    os.fdatasync(file.fileno())
                    synced = time.monotonic()
        file.write(b"".join(waiting))
        os.fdatasync(file.fileno())


def _append_sealed(events: list[Fields], log: Log) -> None:
    for nth in range(0, len(events), _PER_APPEND):
        now = stamp()
        log.append(events[nth : nth + _PER_APPEND], now)
        log.tick(now)
    log.close(stamp())


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def stamp() -> Stamp:
    """Now."""
    return Stamp(boot_ns(), time.time_ns())
