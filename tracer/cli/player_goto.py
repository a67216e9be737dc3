"""Moments of a recording as an operator types them, and as they are shown to them."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Final

_SECOND_NS: Final = 1_000_000_000
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
_SPAN: Final = re.compile(r"([+-]?)(?:([0-9]{1,5}(?:\.[0-9]{1,9})?)([smh]?))")
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")
_CLOCK: Final = re.compile(r"([+-]?)([0-9]{1,4}):([0-9]{1,2})(?::([0-9]{1,2}))?")

EXAMPLES: Final = "14:30:05, +5m, -30s, 90s, 10%"


def moment_named(text: str, at_ns: int, duration_ns: int, start_ns: int | None) -> int | None:
    """The moment of a recording that is `at_ns` now; None if the text names none.

    14:30:05 is a time of day where the recording's is known, else a position, as 90s is; +5m and
    -30s are from here, 10% is of the whole.
    """
    text = text.strip()
    if share := _SHARE.fullmatch(text):
        return round(duration_ns * float(share[1]) / 100)
    if span := _SPAN.fullmatch(text):
        return _from(span[1], at_ns, round(float(span[2]) * _UNITS[span[3]] * _SECOND_NS))
    if clock := _CLOCK.fullmatch(text):
        numbers = [int(part) for part in clock.groups()[1:] if part is not None]
        if start_ns is not None and not clock[1]:
            return _time_of_day(numbers, start_ns)
        hours = numbers if len(numbers) == 3 else [0, *numbers]
        seconds = hours[0] * 3600 + hours[1] * 60 + hours[2]
        return _from(clock[1], at_ns, seconds * _SECOND_NS)
    return None


def wall_time(start_ns: int | None, at_ns: int) -> str:
    """2026-11-20 14:30:05, in the operator's time zone; "" where it isn't known."""
    if start_ns is None:
        return ""
    try:
        local = time.localtime((start_ns + at_ns) // _SECOND_NS)
    except (OSError, OverflowError, ValueError):  # a file may say anything
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S", local)


def position(at_ns: int) -> str:
    """1:02:03, or 2:03."""
    minutes, second = divmod(at_ns // _SECOND_NS, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"


def _from(sign: str, at_ns: int, ns: int) -> int:
    return {"": ns, "+": at_ns + ns, "-": at_ns - ns}[sign]


def _time_of_day(numbers: list[int], start_ns: int) -> int | None:
    # The first time that it was that late.
    try:
        start = datetime.fromtimestamp(start_ns / _SECOND_NS)
        hour, minute, *second = numbers
        at = start.replace(hour=hour, minute=minute, second=sum(second), microsecond=0)
        if at < start.replace(microsecond=0):
            at += timedelta(days=1)
        return max(0, round(at.timestamp() * _SECOND_NS) - start_ns)
    except (OSError, OverflowError, ValueError):
        return None
