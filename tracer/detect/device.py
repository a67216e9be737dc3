"""Names of terminals, from the numbers that records have of them.

Invariant: None for what is no terminal that has such a name.
"""

from __future__ import annotations

from typing import Final

_PTS_MAJORS: Final = range(136, 144)  # UNIX98_PTY_SLAVE_MAJOR and the seven behind it
_CONSOLES_MAJOR: Final = 4
_CONSOLES: Final = 64
_MINORS: Final = 256


def terminal_of(fields: object) -> str | None:
    """Of an object with a `tty`: pts/3, tty1."""
    match fields:
        case {"tty": {"char_device": {"major": int(major), "minor": int(minor)}}}:
            if major in _PTS_MAJORS and 0 <= minor < _MINORS:
                return f"pts/{(major - _PTS_MAJORS.start) * _MINORS + minor}"
            if major == _CONSOLES_MAJOR and 0 < minor < _CONSOLES:
                return f"tty{minor}"
    return None
