"""What `ttytrace run` takes of the host: memory, and time while nothing happens."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from tests.attributes import changeable
from tests.bench.report import Row
from tests.bench.tracer import Tracer
from tests.kernel.logged import Log
from tests.kernel.tmux import Tmux

_IDLE_S = 30.0
_FLOOD_S = 10.0
_PANES = 8
RUN_READY = b"ttytrace: recording"


def start(place: Path) -> tuple[Tracer, Log]:
    """The service on a new log, from ready on."""
    log = Log(place)
    command = ("tracer.cli.main", "run", "--config", str(log.config))
    return Tracer(place / "out", *command, ready=RUN_READY), log


def finish(service: Tracer, log: Log) -> None:
    """Ends it, and takes away its log."""
    service.stop()
    changeable(log.directory)
    shutil.rmtree(log.directory.parent)


def measure(reps: int, scale: float, place: Path) -> list[Row]:
    """Each time a new service: start, idle, flood."""
    found = [_measure_once(scale, place / f"footprint-{nth}") for nth in range(reps)]
    cases = ("start to ready", "idle RSS", "idle CPU", "RSS under flood", "CPU under flood")
    units = ("s", "MiB", "% of a core", "MiB", "% of a core")
    values = zip(*found, strict=True)
    return [
        Row("footprint", case, None, None, tuple(each), unit)
        for case, unit, each in zip(cases, units, values, strict=True)
    ]


def _measure_once(scale: float, place: Path) -> tuple[float, ...]:
    place.mkdir()
    service, log = start(place)
    time.sleep(3)  # what a start leaves to be done
    idle_cpu = _cpu_percent(service, max(3, _IDLE_S * scale))
    idle = service.memory().rss
    tmux = Tmux(place)
    for _ in range(_PANES):
        tmux.new_session("yes 0123456789012345678901234567890123456789")
    cpu, most = 0.0, 0.0
    for _ in range(int(max(2, _FLOOD_S * scale))):
        cpu = max(cpu, _cpu_percent(service, 1))
        most = max(most, service.memory().rss)
    tmux.close()
    finish(service, log)
    return service.started_s, idle, idle_cpu, most, cpu


def _cpu_percent(service: Tracer, seconds: float) -> float:
    before, began = service.cpu_s(), time.monotonic()
    time.sleep(seconds)
    return 100 * (service.cpu_s() - before) / (time.monotonic() - began)
