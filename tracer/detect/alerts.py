"""Alerts: that records met a rule, in the shape that the log keeps.

Invariant: an alert names its causes by their sequence in the log, so that it can be checked; what
it repeats of the last of them is as that record has it, claims listed as claims.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.codec.identity import Fields
from tracer.detect.rule import About
from tracer.detect.view import Values


class Alert(NamedTuple):
    """`causes`: sequences of the records, the last one is `event`. `time_ns`: when that happened,
    wall clock. `matched`: the fields that met the rule. `repeated`: so many more matches of it, of
    the same person in the same pane, are told by this one. `is_cut`: see View."""

    about: About
    causes: tuple[int, ...]
    time_ns: int
    event: Fields
    matched: dict[str, Values]
    repeated: int = 0
    is_cut: bool = False

    @property
    def id(self) -> str:
        """The same whenever the same records are matched again."""
        return f"{self.about.key}:{self.causes[-1]}"
