"""From the Enter of a line at a keyboard to the sealed alert about its command."""

from __future__ import annotations

import os
import select
import time
from pathlib import Path
from statistics import quantiles

from tests.bench.footprint import RUN_READY, finish
from tests.bench.report import Row
from tests.bench.tracer import Tracer
from tests.kernel.logged import Log
from tests.kernel.tmux import Tmux
from tests.kernel.typists import Typist, wait_until_attached
from tests.patience import eventually
from tracer.seal.stage import may_be_seal

_COMMANDS = 200
_GAP_S = 0.1
_RULE = """title: Measured
id: 4d1f6a60-7d0c-4a3c-9a0b-6c7d2f0e9b11
level: high
logsource: {product: linux, category: process_creation}
detection: {selection: {Image|endswith: /printenv}, condition: selection}
"""
_ALERT = b'"action":"alert"'


def measure(reps: int, scale: float, place: Path) -> list[Row]:
    """Milliseconds, beside all rules of the pack."""
    here = place / "alerting"
    (here / "rules").mkdir(parents=True)
    (here / "rules/measured.yml").write_text(_RULE)
    place.chmod(0o755)  # the worker has no rights
    log = Log(here)
    log.match(f'directories = ["{here / "rules"}"]', "repeat_s = 0")
    service = Tracer(
        here / "out", "tracer.cli.main", "run", "--config", str(log.config), ready=RUN_READY
    )
    log.until_ours("rules")
    late = _type(log, here, reps * int(_COMMANDS * scale))
    finish(service, log)
    percent = quantiles(late, n=100)
    notes = f"p99 {percent[98]:.1f} ms, worst {max(late):.1f} ms, {len(late)} commands"
    return [Row("key to sealed alert", "p50", None, None, (percent[49],), "ms", notes)]


def _type(log: Log, here: Path, count: int) -> list[float]:
    tmux = Tmux(here)
    pane = tmux.new_session("exec sh")
    typist = Typist(tmux, pane, "root")
    wait_until_attached(tmux, [typist])
    (segment,) = (log.directory / "log").glob("[0-9]*")
    with segment.open("rb") as file:
        file.seek(0, os.SEEK_END)
        late = []
        for nth in range(count):
            name = b"measured-%d-" % nth
            typist.type(b"printenv " + name)
            eventually(lambda name=name: name in typist.shown)
            began_ns = time.monotonic_ns()
            typist.type(b"\r")
            late.append((_sealed(file.fileno(), name) - began_ns) / 1e6)
            time.sleep(_GAP_S)
    typist.close()
    tmux.close()
    return late


def _sealed(segment: int, name: bytes) -> int:
    """When the seal behind the alert about that program was in the file."""
    data = b""
    while True:
        data += os.read(segment, 1 << 20)
        now_ns = time.monotonic_ns()
        *lines, rest = data.split(b"\n")
        if not rest and lines and may_be_seal(lines[-1]):
            if any(_ALERT in line and name in line for line in lines):
                return now_ns
            data = b""
        select.select([], [], [], 0.0005)
