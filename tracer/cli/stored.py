"""Stored records as lines on a terminal: as `live` draws them, with the date and a handle before.

Invariant: the names of users are those that the record itself has, not this host's.
"""

from __future__ import annotations

import time
from typing import Final

import orjson

from tracer.cli.render import Renderer
from tracer.clock import WallClock
from tracer.codec.findings import finding_of
from tracer.codec.identity import Fields
from tracer.codec.log import log_part, parse
from tracer.codec.moment import wall_ns
from tracer.codec.safe import safe_text
from tracer.model.findings import TextOutput
from tracer.store.index_entry import accounts_of
from tracer.store.query import Query, phrases
from tracer.store.search import Found

_PREFIX_COLUMNS: Final = 24
_SECOND_NS: Final = 1_000_000_000


class StoredClock(WallClock):
    """The clocks of one record."""

    def __init__(self) -> None:
        self.offset_ns = 0

    def at(self, time_ns: int) -> int:
        """As the record says it."""
        return time_ns + self.offset_ns


class StoredLines:
    """Draws what was found. Of output it shows the rows that fit the question."""

    def __init__(self, query: Query, *, colour: bool, width: int | None) -> None:
        self._query = query
        self._names: dict[int, str] = {}
        self._clock = StoredClock()
        room = None if width is None else max(40, width - _PREFIX_COLUMNS)
        self._renderer = Renderer(self._names.get, self._clock, colour=colour, width=room)
        self._words = [word.casefold() for word in phrases(query.text)] if query.text else []

    def draw(self, found: Found) -> str:
        """The record as rows, without a newline at the end."""
        try:
            event = parse(found.line)
            wall = wall_ns(event["@timestamp"])
            text = self._text(event, wall, found.rows)
        except (ValueError, KeyError, TypeError):
            return f"#{found.sequence} a line that can't be read"
        date = time.strftime("%Y-%m-%d", time.localtime(wall // _SECOND_NS))
        return "\n".join(f"#{found.sequence} {date} {row}" for row in text.split("\n"))

    def _text(self, event: Fields, wall: int, rows: list[str]) -> str:
        self._clock.offset_ns = wall - event["ttytrace"]["boottime_ns"]
        finding = finding_of(event)
        if finding is None:
            return about_log(event, wall)
        self._names |= {int(uid): name for uid, name in accounts_of(event)}
        if isinstance(finding, TextOutput) and rows:
            finding = finding._replace(data="\n".join(self._fitting(rows)).encode())
        return self._renderer.line(finding)

    def _fitting(self, rows: list[str]) -> list[str]:
        if self._query.regex is not None:
            fitting = [row for row in rows if self._query.regex.search(row)]
        else:
            fitting = [row for row in rows if _has_any(self._words, row)]
        return fitting or rows


def _has_any(words: list[str], row: str) -> bool:
    folded = row.casefold()
    return any(word in folded for word in words)


def about_log(event: Fields, wall: int) -> str:
    action, fields = log_part(event) or ("?", {})
    clock = time.strftime("%H:%M:%S", time.localtime(wall // _SECOND_NS))
    ms = wall % _SECOND_NS // 1_000_000
    return f"{clock}.{ms:03d} the log: {safe_text(action)} {safe_text(orjson.dumps(fields))}"
