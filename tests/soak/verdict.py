"""What the samples of a soak come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import linear_regression
from typing import NamedTuple

from tests.soak.ledger import Ledger
from tests.soak.probe import SERVICE, Held

GROWTH_MIB = 4.0
"""What a process may grow by in the second half of a soak, by its slope: in that half of two and
a half minutes 7,000 programs run and end, so 600 bytes that are kept of each would show. What was
measured is half of it, where caches still fill."""

CACHES_MIB = {"index": 64.0}
"""What a worker may take besides, once: SQLite's pages of the shard that is written."""

OUTPUT = "text_output"
_POOL = 4


class Sample(NamedTuple):
    """One look at everything."""

    at_s: float
    held: dict[str, Held]
    log_mib: float
    maps: int
    programs: int
    lines: int


class Slope(NamedTuple):
    """Of the memory that is a process's own, over the second half."""

    mib_per_hour: float
    growth_mib: float


def slope(samples: Sequence[Sample], name: str = SERVICE) -> Slope:
    """By least squares. A worker that came during that half has none."""
    half = samples[len(samples) // 2 :]
    points = [(each.at_s, each.held[name].own_mib) for each in half if name in each.held]
    if len(points) < len(half):
        return Slope(0.0, 0.0)
    a_second = linear_regression(*zip(*points, strict=True)).slope
    return Slope(a_second * 3600, a_second * (points[-1][0] - points[0][0]))


def names(samples: Sequence[Sample]) -> list[str]:
    """Of all processes that were seen."""
    return sorted({name for each in samples for name in each.held})


def problems(
    samples: Sequence[Sample], calm: Sequence[dict[str, Held]], ledger: Ledger
) -> Iterator[str]:
    """What must not be, as sentences. `calm`: the processes before and after all the work."""
    for name in names(samples):
        most = GROWTH_MIB + CACHES_MIB.get(name, 0.0)
        if (grown := slope(samples, name).growth_mib) > most:
            yield f"{name} grew by {grown:.1f} MiB in the second half"
    yield from _leaks(samples, *calm)
    yield from unaccounted(ledger)
    yield from missed(ledger)


def _leaks(
    samples: Sequence[Sample], before: dict[str, Held], after: dict[str, Held]
) -> Iterator[str]:
    if more := after.keys() - before.keys():
        yield f"workers that were not there before: {sorted(more)}"
    for name in before.keys() & after.keys():
        if after[name].fds > before[name].fds:
            yield f"{name} has {after[name].fds} descriptors, and had {before[name].fds}"
        # Pools of threads grow up to their size, which may take longer than half of a short soak.
        half = samples[: len(samples) // 2]
        most = max(each.held[name].threads for each in half if name in each.held)
        if after[name].threads > most + _POOL:
            yield f"{name} has {after[name].threads} threads, and had {most}"


def unaccounted(ledger: Ledger) -> Iterator[str]:
    """What does not add up of what the kernel half made, what arrived, and what is told as lost."""
    for kind, tally in ledger.counters.items():
        if tally["produced"] != tally["arrived"] + tally["lost"]:
            yield f"{kind}: {tally} do not add up"
        if tally["lost"] != ledger.lost[kind]:
            yield f"{kind}: {tally['lost']} lost, and events tell of {ledger.lost[kind]}"


def missed(ledger: Ledger) -> Iterator[str]:
    """What is lost that must not be: all but what panes show."""
    yield from (f"{kind}: {count} lost" for kind, count in ledger.lost.items() if kind != OUTPUT)
    yield from (f"a gap: {gap}" for gap in ledger.gaps)
