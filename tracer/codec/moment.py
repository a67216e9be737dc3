"""How a moment is written: UTC with microseconds, as ECS wants dates; and read again."""

from __future__ import annotations

import re
import time
from calendar import timegm
from functools import lru_cache
from typing import Final

_SECOND_NS: Final = 1_000_000_000


def timestamp(wall_ns: int) -> str:
    """Nanoseconds since 1970 as text."""
    second, ns = divmod(wall_ns, _SECOND_NS)
    return f"{_text_of_second(second)}.{ns // 1000:06d}Z"


def wall_ns(text: str) -> int:
    """What timestamp() made this text of, to the microsecond; ValueError if it didn't."""
    second = timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    if not re.fullmatch(r"\.[0-9]{6}Z", text[19:], re.ASCII):
        raise ValueError("this is not how moments are written")
    return second * _SECOND_NS + int(text[20:26]) * 1000


@lru_cache(2)
def _text_of_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
