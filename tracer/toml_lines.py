"""On which line of a TOML file a key stands: tomllib tells none.

Invariant: a line that is told is where the key, or the nearest table above it, is set; the text is
one that tomllib has read.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

Key = tuple[str | int, ...]
"""Names of tables, numbers of their elements from 1 on, and the name of a key."""

MAX_DEPTH: Final = 64
_NAME: Final = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ENTRY: Final = re.compile(rf"\s*({_DOTTED})\s*=")
_COMMENT: Final = re.compile(r"#.*")
_STRING: Final = re.compile(r""""(?>(?:\\.|[^"\\])*)"|'[^']*+'""")
_QUOTES: Final = re.compile(r'"{3}|\'{3}')


def is_too_deep(text: str) -> bool:
    """Whether names are nested so deeply that tomllib would need memory beyond all measure: the
    square of their number."""
    bare = (_COMMENT.sub("", _STRING.sub("", line)) for line in text.split("\n"))
    return any(line.count(".") > MAX_DEPTH for line in bare)


class Lines:
    """The places of one text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Key, int] = {}
        self._elements: Counter[Key] = Counter()
        table: Key = ()
        quotes = None
        for number, line in enumerate(text.split("\n"), 1):
            if quotes is None:
                table = self._note(line, number, table)
            for found in _QUOTES.findall(line if quotes else _COMMENT.sub("", line)):
                quotes = None if quotes == found else quotes or found

    def of(self, key: Key) -> int | None:
        """The line of a key, or of the nearest above it that has one."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key)

    def _note(self, line: str, number: int, table: Key) -> Key:
        """Notes what a line sets; the table that it, or the next one, is in."""
        if header := _HEADER.match(line):
            table = self._opened(_names(header[2]), is_element=header[1] == "[[")
            self._set(table, number)
        elif entry := _ENTRY.match(line):
            self._set((*table, *_names(entry[1])), number)
        return table

    def _opened(self, names: list[str], is_element: bool) -> Key:
        key: Key = ()
        for nth, name in enumerate(names, 1):
            key = (*key, name)
            if is_element and nth == len(names):
                self._elements[key] += 1
            if element := self._elements[key]:
                key = (*key, element)
        return key

    def _set(self, key: Key, number: int) -> None:
        for length in range(1, len(key) + 1):
            self._lines.setdefault(key[:length], number)


def _names(dotted: str) -> list[str]:
    return [name.strip("\"'") for name in re.findall(_NAME, dotted)]
