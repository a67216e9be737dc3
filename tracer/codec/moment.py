"""How a moment is written: UTC with microseconds, as ECS wants dates."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final

_SECOND_NS: Final = 1_000_000_000


def timestamp(wall_ns: int) -> str:
    """Nanoseconds since 1970 as text."""
    second, ns = divmod(wall_ns, _SECOND_NS)
    return f"{_text_of_second(second)}.{ns // 1000:06d}Z"


@lru_cache(2)
def _text_of_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
