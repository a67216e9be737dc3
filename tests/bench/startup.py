"""From the start of `ttytrace live` until it watches, and what it occupies then."""

from __future__ import annotations

from pathlib import Path

from tests.bench.report import Row
from tests.bench.tracer import Tracer


def measure(reps: int, place: Path) -> Row:
    """Seconds; one start before them warms the page cache."""
    times: list[float] = []
    for _ in range(reps + 1):
        tracer = Tracer(place / "out")
        memory = tracer.memory()
        tracer.stop()
        times.append(tracer.started_s)
    rss, pss, uss = memory
    notes = f"best {min(times[1:]):.2f} s, RSS {rss:.0f} PSS {pss:.0f} USS {uss:.0f} MiB idle"
    return Row("start", "until watching", None, None, tuple(times[1:]), "s", notes)
