"""Correlations in time: matches of rules in, what they add up to out.

Invariant: driven by the times of records alone; each correlation keeps a bounded amount, and what
it had to forget is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tracer.codec.identity import Fields
from tracer.detect.correlation import Correlation
from tracer.detect.engine import Match
from tracer.detect.view import Values, View


class Correlated(NamedTuple):
    """`causes`: sequences of the last 100 records that made it; `view`, `event`: of the last one.
    `time_ns`: when it became true, which for a window that had to end is its end. `group`: what it
    is about, by the names of group-by."""

    correlation: Correlation
    causes: tuple[int, ...]
    view: View
    time_ns: int
    event: Fields
    group: dict[str, Values]


class Correlator:
    """`correlations`: each stands behind those that it refers to, as compile_correlations has it.
    `limit`: how much each may keep, see README of groups below."""

    def __init__(self, correlations: Iterable[Correlation], limit: int = 200_000) -> None:
        raise NotImplementedError

    def feed(self, matches: Sequence[Match], time_ns: int) -> list[Correlated]:
        """The matches of one record, silent rules' too -> what alerts: silent ones are left out.
        Windows that were over before it come first."""
        raise NotImplementedError

    def tick(self, time_ns: int) -> list[Correlated]:
        """It is so late now, by a record that nothing matched."""
        raise NotImplementedError

    def replace(self, correlations: Iterable[Correlation]) -> None:
        """Other correlations from now on; those of a version that was there go on."""
        raise NotImplementedError

    def take_evicted(self) -> dict[str, int]:
        """Groups that were forgotten before their time, by key, since it was asked last."""
        raise NotImplementedError
