"""How a moment is written: UTC with microseconds, as ECS wants dates; and read again."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_SECOND_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WRITTEN: Final = re.compile(
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
)


def timestamp(wall_ns: int) -> str:
    """Nanoseconds since 1970 as text."""
    second, ns = divmod(wall_ns, _SECOND_NS)
    return f"{_text_of_second(second)}.{ns // 1000:06d}Z"


def to_the_second(wall_ns: int) -> str:
    """Nanoseconds since 1970 for people: 2026-11-20 14:30:05, of UTC."""
    return _text_of_second(wall_ns // _SECOND_NS).replace("T", " ")


def wall_ns(text: str) -> int:
    """What timestamp() made this text of, to the microsecond; ValueError if it didn't."""
    if not _WRITTEN.fullmatch(text):
        raise ValueError("this is not how moments are written")
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND * 1000


@lru_cache(2)
def _text_of_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
