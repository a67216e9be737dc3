"""How many cells a character takes: as the C library's wcwidth(), which tmux asks, has it.

Invariant: Unicode's categories and East Asian widths decide, but for the ranges here, where the
C library decides otherwise. A test compares all assigned characters with a real tmux.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_NOT_SHOWN: Final = ("Cn", "Cc", "Cs", "Zl", "Zp")
_OTHERWISE: Final = (
    # Vowels and final consonants that join the Hangul syllable before them.
    *((0, first, last) for first, last in ((0x1160, 0x11FF), (0xD7B0, 0xD7C6), (0xD7CB, 0xD7FB))),
    # Format characters that are seen.
    *((1, code, code) for code in (0xAD, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)),
    (1, 0x600, 0x605),
    # Circled numbers on squares, and hexagrams.
    *((2, first, last) for first, last in ((0x3248, 0x324F), (0x4DC0, 0x4DFF))),
)


@lru_cache(8192)
def width(character: str) -> int:
    """0 (it joins the character before it), 1 or 2 cells; -1: it isn't shown."""
    code = ord(character)
    for cells, first, last in _OTHERWISE:
        if first <= code <= last:
            return cells
    category = unicodedata.category(character)
    if category in _NOT_SHOWN:
        return -1
    if category in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
