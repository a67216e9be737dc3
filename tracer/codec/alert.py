"""When what an alert tells of happened: the alert itself stands in the log later.

Invariant: of all that a record about an alert says, only its own times are looked at.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.codec.identity import Fields
from tracer.codec.moment import wall_ns


class Happened(NamedTuple):
    """The wall clock, and CLOCK_BOOTTIME as far as that can be told: after a restart of the host
    it is that of the alert's own boot."""

    wall_ns: int
    boottime_ns: int


def happened(event: Fields) -> Happened:
    """The last cause of an alert. Raises KeyError, TypeError or ValueError where it is none."""
    return _at(event, event["event"]["start"])


def clip_began(event: Fields) -> Happened:
    """The beginning of what is to be seen around it: the cause where there is nothing. Raises as
    happened()."""
    clip = event["ttytrace"]["alert"].get("clip")
    return happened(event) if clip is None else _at(event, clip["since"])


def _at(event: Fields, moment: str) -> Happened:
    written_ns, at_ns = wall_ns(event["@timestamp"]), wall_ns(moment)
    return Happened(at_ns, event["ttytrace"]["boottime_ns"] - (written_ns - at_ns))
