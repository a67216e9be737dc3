"""python -m tests.soak [--minutes N]: works, prints what it took, and fails where something leaks,
is lost without account, or is left over. Needs root."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from itertools import islice
from pathlib import Path

from tests.soak.probe import SERVICE
from tests.soak.soak import Result, soak
from tests.soak.verdict import Sample, names, slope

_ROWS = 24
_COLUMNS = {
    "s": 6, "RSS MiB": 8, "own MiB": 8, "fds": 5, "threads": 8, "CPU s": 7, "log MiB": 8, "maps": 5,
    "programs": 9, "records": 9,
}  # fmt: skip
"""With their widths."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--plan")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("tests.soak: only root can trace")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that works ends with us
    with tempfile.TemporaryDirectory(prefix="ttytrace-soak-") as place:
        result = soak(Path(place), asked.minutes, asked.plan)
    print_table(result)
    sys.exit("\n".join(result.problems))


def print_table(result: Result) -> None:
    """Some of the samples, and what they come to."""
    print(*map(str.rjust, _COLUMNS, _COLUMNS.values()), " workers")
    for each in result.samples[:: max(1, len(result.samples) // _ROWS)]:
        workers = (f"{name} {one.rss_mib:.0f}" for name, one in each.held.items())
        print(*map(str.rjust, _cells(each), _COLUMNS.values()), "", *islice(workers, 1, None))
    for name in names(result.samples):
        found = slope(result.samples, name)
        growth = f"{found.growth_mib:+.2f} MiB in the second half"
        print(f"{name}: {found.mib_per_hour:+.2f} MiB/h, {growth}")
    for kind, tally in result.ledger.counters.items():
        print(f"{kind}: {tally}")
    print("about the log:", dict(result.ledger.ours))


def _cells(sample: Sample) -> list[str]:
    service = sample.held[SERVICE]
    cells = [f"{sample.at_s:.0f}", f"{service.rss_mib:.1f}", f"{service.own_mib:.1f}"]
    cells += [service.fds, service.threads]
    cells += [f"{service.cpu_s:.1f}", f"{sample.log_mib:.1f}", sample.maps, sample.programs]
    return [*map(str, cells), str(sample.lines)]


if __name__ == "__main__":
    main()
