"""Moments as people write and read them: in the time of their own zone."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Final

from tracer.clock import WallClock, boot_ns
from tracer.errors import BadSearch

_SECOND_US: Final = 1_000_000
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGO: Final = re.compile(r"([0-9]{1,6})([smhdw])(?: ago)?")
_CLOCK: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")


def now_us() -> int:
    """Microseconds since 1970."""
    return WallClock().at(boot_ns()) // 1000


def moment(option: str, text: str, now: int) -> int | None:
    """The moment that an option's text names, in microseconds since 1970, as `now` is; None for
    "". Raises BadSearch."""
    if not text:
        return None
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNITS[ago[2]] * _SECOND_US
    try:
        return _clock(text, now) if _CLOCK.fullmatch(text) else _us(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise BadSearch(
            option=option,
            value=text,
            reason="this is no moment: 14:30, 2h (ago), 3d, 2026-11-20 or 2026-11-20T14:30:05",
        ) from None


def written(time_us: int) -> str:
    """2026-11-20 14:30:05"""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time_us // _SECOND_US))


def _clock(text: str, now: int) -> int:
    # Today, or yesterday where that is still to come.
    today = datetime.fromtimestamp(now / _SECOND_US)
    hour, minute, *second = (int(part) for part in text.split(":"))
    at = today.replace(hour=hour, minute=minute, second=sum(second), microsecond=0)
    return _us(at if at <= today else at - timedelta(days=1))


def _us(at: datetime) -> int:
    return round(at.timestamp() * _SECOND_US)
