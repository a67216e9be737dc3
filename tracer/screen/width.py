"""How many cells a character takes."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(8192)
def width(character: str) -> int:
    """0, 1 or 2 cells."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
