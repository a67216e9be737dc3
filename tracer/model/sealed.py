"""What the log says about itself: the shapes of its own records.

How they look as JSON is codec/log.py's, what they promise docs/format.md's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Stamp(NamedTuple):
    """One moment on two clocks: CLOCK_BOOTTIME, and nanoseconds since 1970 (UTC)."""

    boot_ns: int
    wall_ns: int


class End(StrEnum):
    """How a segment ended, seen from the one that follows it."""

    SEALED = "sealed"  # with its last checkpoint
    TORN = "torn"  # by a crash: behind what is there, writes that were not synced may be missing
    IO_ERROR = "io-error"  # it could not be synced
    BEHIND = "behind"  # the disk lost what had been synced


class Previous(NamedTuple):
    """The segment before: `name` without extension; `size` bytes stand in it behind its last
    record, with this SHA-256 (hex; None where it can't be read)."""

    name: str
    end: End
    size: int = 0
    sha256: str | None = None
