"""The one escape function, and how wide its result is.

Invariant: what safe_text() returns can be printed on any UTF-8 terminal: it moves no cursor, sets
no mode, asks nothing, hides nothing, and no two values look the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final

# Printable by their category, and yet drawn as nothing (Default_Ignorable_Code_Point).
_INKLESS: Final = (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    r"\U000e0100-\U000e01ef"
)
_SUSPECT: Final = re.compile(rf"[\\{_INKLESS}]")
_HIDDEN: Final = re.compile(rf"[{_INKLESS}]")
_TOKEN: Final = re.compile(r"\\+|[^\x20-\x7e]")
_READS_AS_ESCAPE: Final = re.compile(r"x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}")


def safe_text(value: str | bytes, *, multiline: bool = False, marks: str = "") -> str:
    r"""`value` with everything that isn't plainly visible as an escape.

    Visible characters stay (str.isprintable(), less what draws nothing). The rest becomes \x1b for
    a control character of ASCII, \x9b for a byte that isn't UTF-8, \u009b or \U000e0001 for any
    other character. A backslash stays one, except before such an escape or what reads as one: there
    backslashes are doubled, so no two values look the same. `multiline` keeps newlines and tabs.
    `marks`: characters outside ASCII that the caller draws with a meaning of its own; escaped, too.
    """
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    if text.isprintable() and not _SUSPECT.search(text) and not set(marks) & set(text):
        return text
    kept = "\n\t" if multiline else ""

    def is_hidden(char: str) -> bool:
        if char and char in marks:
            return True
        return char not in kept and not (char.isprintable() and not _HIDDEN.match(char))

    def show(token: re.Match[str]) -> str:
        found, end = token[0], token.end()
        if found[0] != "\\":
            return _escape(found) if is_hidden(found) else found
        is_ambiguous = is_hidden(text[end : end + 1]) or _READS_AS_ESCAPE.match(text, end)
        return found * 2 if is_ambiguous else found

    return _TOKEN.sub(show, text)


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that isn't UTF-8 (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def safe_json(line: bytes) -> str:
    r"""A line of JSON with what isn't plainly visible as \u escapes: the same value, printable."""
    return _TOKEN.sub(_json_escape, line.decode())


def _json_escape(token: re.Match[str]) -> str:
    char = token[0]
    if char[0] == "\\" or char == "\n" or (char.isprintable() and not _HIDDEN.match(char)):
        return char
    return json.dumps(char)[1:-1]


def cut(text: str, columns: int) -> str:
    """`text`, or as much of it as fits with an ellipsis."""
    if columns_of(text) <= columns:
        return text
    room, kept = columns - 1, 0
    for char in text:
        room -= _char_columns(char)
        if room < 0:
            break
        kept += 1
    return text[:kept] + "…"


def columns_of(text: str) -> int:
    """How many columns of a terminal safe text takes."""
    if text.isascii():
        return len(text)
    return sum(_char_columns(char) for char in text)


def _char_columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
