"""python -m tests.bench [--quick] [--only NAME] [--reps N]: measures, prints, asserts nothing."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import (
    consumer,
    footprint,
    latency,
    panes,
    render,
    replay,
    rules,
    sealing,
    search,
    startup,
    untraced,
)
from tests.bench.loads import loads
from tests.bench.report import Row, print_table, write_json

_JSON = Path("build/bench.json")
_UNTRACED = ("consumer", "sealing", "search", "render", "replay", "rules")
_NAMES = (*_UNTRACED, "start", "untraced", "footprint", "latency", "panes")
_QUICK_SCALE = 0.05


def main() -> None:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the work, once")
    parser.add_argument("--only", choices=_NAMES, help="one bench")
    parser.add_argument("--reps", type=int, help="repetitions (default: 5, quick: 1)")
    asked = parser.parse_args()
    if os.geteuid() != 0 and asked.only not in _UNTRACED:
        sys.exit(f"tests.bench: only root can trace; without: --only {' or '.join(_UNTRACED)}")
    reps, scale = asked.reps or (1 if asked.quick else 5), _QUICK_SCALE if asked.quick else 1
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="ttytrace-bench-") as place:
        for name in (asked.only,) if asked.only else _NAMES:
            for row in _measure(name, reps, scale, Path(place)):
                rows.append(row)
                print(f"... {row.bench}: {row.case}", file=sys.stderr)
    print_table(rows)
    write_json(rows, _JSON)


def _measure(name: str, reps: int, scale: float, place: Path) -> Iterator[Row]:
    match name:
        case "consumer":
            yield from consumer.measure(reps, scale, place)
        case "sealing":
            yield from sealing.measure(reps, scale, place)
        case "search":
            yield from search.measure(reps, scale, place)
        case "render":
            yield from render.measure(reps, scale, place)
        case "replay":
            yield from replay.measure(reps, scale, place)
        case "rules":
            yield from rules.measure(reps, scale, place)
        case "start":
            yield startup.measure(reps, place)
        case "untraced":
            yield from untraced.measure(reps, scale, place)
        case "footprint":
            yield from footprint.measure(reps, scale, place)
        case "latency":
            yield from latency.measure(reps, scale, place)
        case "panes":
            for load in loads(place, scale):
                yield from panes.measure(load, reps, place)


if __name__ == "__main__":
    main()
