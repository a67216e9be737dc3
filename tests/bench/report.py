"""What was measured: a table for people, JSON for comparing runs."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import orjson

_HEADINGS = ("bench", "case", "ratio", "(min)", "value", "notes")


class Row(NamedTuple):
    """One measured case. `ratio`: to the case without a recorder; None where there is nothing to
    compare with. `values` are the single measurements, in `unit`."""

    bench: str
    case: str
    ratio: float | None
    ratio_of_minima: float | None
    values: tuple[float, ...]
    unit: str
    notes: str = ""


def compared(
    bench: str,
    case: str,
    values: Sequence[float],
    baselines: Sequence[Sequence[float]],
    *,
    unit: str,
    notes: str = "",
) -> Row:
    """`values`, one of each round, against the round's `baselines`: the median of the ratios to
    their mean, and the ratio of the best values, which other work on the machine disturbs least."""
    ratios = [value / mean(round_) for value, round_ in zip(values, baselines, strict=True)]
    least = min(values) / min(map(min, baselines))
    return Row(bench, case, median(ratios), least, tuple(values), unit, notes)


def print_table(rows: Sequence[Row], say: Callable[[str], object] = print) -> None:
    """One line for each row."""
    lines = [_HEADINGS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def write_json(rows: Sequence[Row], path: Path) -> None:
    """All rows, and on what they were measured."""
    machine: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "kernel": platform.release(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
    }
    content = {"machine": machine, "rows": [row._asdict() for row in rows]}
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.bench,
        row.case,
        "" if row.ratio is None else f"{row.ratio:.3f}",
        "" if row.ratio_of_minima is None else f"({row.ratio_of_minima:.3f})",
        f"{median(row.values):,.4g} {row.unit}".strip() if row.values else "",
        row.notes,
    )
