"""python -m tests.bench [--quick] [--only NAME] [--reps N]: measures, prints, asserts nothing."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from tests.bench import (
    alerting,
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
_QUICK_SCALE = 0.05

Measure = Callable[[int, float, Path], Iterable[Row]]
"""Takes repetitions, how much of the work, and a place."""


def main() -> None:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the work, once")
    parser.add_argument("--only", choices=_ALL, help="one bench")
    parser.add_argument("--reps", type=int, help="repetitions (default: 5, quick: 1)")
    asked = parser.parse_args()
    if os.geteuid() != 0 and asked.only not in _UNTRACED:
        sys.exit(f"tests.bench: only root can trace; without: --only {' or '.join(_UNTRACED)}")
    reps, scale = asked.reps or (1 if asked.quick else 5), _QUICK_SCALE if asked.quick else 1
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="ttytrace-bench-") as place:
        for name in (asked.only,) if asked.only else _ALL:
            for row in _ALL[name](reps, scale, Path(place)):
                rows.append(row)
                print(f"... {row.bench}: {row.case}", file=sys.stderr)
    print_table(rows)
    write_json(rows, _JSON)


def _start(reps: int, _scale: float, place: Path) -> Iterator[Row]:
    yield startup.measure(reps, place)


def _panes(reps: int, scale: float, place: Path) -> Iterator[Row]:
    for load in loads(place, scale):
        yield from panes.measure(load, reps, place)


_UNTRACED: Final[dict[str, Measure]] = {
    "consumer": consumer.measure,
    "sealing": sealing.measure,
    "search": search.measure,
    "render": render.measure,
    "replay": replay.measure,
    "rules": rules.measure,
}
_ALL: Final[dict[str, Measure]] = {
    **_UNTRACED,
    "start": _start,
    "untraced": untraced.measure,
    "footprint": footprint.measure,
    "latency": latency.measure,
    "alerting": alerting.measure,
    "panes": _panes,
}


if __name__ == "__main__":
    main()
