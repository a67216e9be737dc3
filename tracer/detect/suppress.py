"""Alerts that say the same again and again become one with a count.

Invariant: every alert is told, by itself or in the `repeated` of a later one.
"""

from __future__ import annotations

from tracer.detect.alerts import Alert


class Suppressor:
    """One alert of a rule, of one person in one pane, is told at once; more of them within
    `repeat_s` seconds are told as one when that time is over. 0: each is told at once."""

    def __init__(self, repeat_s: int) -> None:
        raise NotImplementedError

    def feed(self, alert: Alert) -> list[Alert]:
        """What is to be told now; what waits for longer than it may comes first."""
        raise NotImplementedError

    def tick(self, time_ns: int) -> list[Alert]:
        """It is so late now, by a record."""
        raise NotImplementedError

    def flush(self) -> list[Alert]:
        """All that waits: nothing follows."""
        raise NotImplementedError
