"""Keys of the operator's terminal, by name.

Invariant: what is no key is nothing; a character is its own name.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_SEQUENCES: Final = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "H": "home",
    "F": "end",
    "Z": "back-tab",
    "1~": "home",
    "4~": "end",
    "7~": "home",
    "8~": "end",
    "5~": "page-up",
    "6~": "page-down",
}
_CONTROLS: Final = {
    "\t": "tab",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\b": "backspace",
    "\x1b": "escape",
    "\x0c": "redraw",
    "\x15": "clear",
}
_KEY: Final = re.compile(r"\x1b(?:\[[0-9;:?<=>]*[ -/]*([@-~])|O([@-~]))|\x1b?.", re.DOTALL)


class Keys:
    """Reads what the terminal sends; a character that is cut is waited for."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> list[str]:
        """The keys that were pressed."""
        text = self._decoder.decode(data)
        return [name for key in _KEY.finditer(text) if (name := _name(key))]


def _name(key: re.Match[str]) -> str:
    text = key[0]
    if final := key[1] or key[2]:
        number = text[2:-1] if final == "~" else ""
        return _SEQUENCES.get(number + final, "")
    return _CONTROLS.get(text, text if text.isprintable() else "")
