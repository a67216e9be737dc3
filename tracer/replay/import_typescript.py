"""Recordings of script(1): a typescript, and the file of its timing.

Both formats of util-linux: `delay bytes`, and since 2.35 lines that begin with O, I, S or H, for
output, input, a signal and the header. Files that a timing file names are not opened: who wrote it
doesn't choose what is read. Of input that isn't in the typescript itself the size is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from tracer.replay.recording import Gap, Output, Resized, Typed
from tracer.replay.source import (
    DEFAULT_SIZE,
    Line,
    Place,
    Source,
    Step,
    damage,
    later,
    size_of,
)

_CHUNK: Final = 1 << 16
_MAX_HEADER: Final = 1 << 16
_BEGINS: Final = b"Script started on "
_ENDS: Final = re.compile(rb"\n?Script done on [^\n]{0,200}\n?\Z")
_MAX_END: Final = 256
_MAX_HEADERS: Final = 64  # lines of them in a timing file
_FACT: Final = re.compile(r'([A-Z_]+)="([^"]*)"')
_WHEN: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:?\d\d")
_TIMED: Final = re.compile(rb"(?:([OIHS]) )?([0-9]{1,12}(?:\.[0-9]{1,12})?) ([^\r]{1,4000})")
_COUNT: Final = re.compile(rb"[0-9]{1,15}")
_WINDOW: Final = re.compile(rb"SIGWINCH ROWS=([0-9]{1,6}) COLS=([0-9]{1,6})")


class Typescript:
    """`timing` None: all that was shown is shown at once. Its places count bytes of the
    typescript."""

    def __init__(self, source: Source, timing: Source | None) -> None:
        self._source, self._timing = source, timing
        begin, facts = _first_line(source, is_timed=timing is not None)
        facts |= _headers(timing) if timing else {}
        self.columns, self.rows = _size(facts) or DEFAULT_SIZE
        self.title = facts.get("COMMAND") or source.path.name
        self.start_ns = _wall_ns(facts.get("START_TIME", ""))
        self.beginning = Place(0, 0, 0, begin)
        self._end = max(begin, _last_line(source))
        self._has_input = "INPUT_LOG" in facts and facts["INPUT_LOG"] == facts.get("OUTPUT_LOG")

    def close(self) -> None:
        """Closes its files."""
        for source in (self._source, self._timing):
            if source is not None:
                source.close()

    def steps(self, place: Place) -> Iterator[Step]:
        """All from there on."""
        _, number, at_ns, passed = place
        for line in self._timing.lines(place.offset) if self._timing else ():
            number += 1
            try:
                kind, delay, rest = _timed(line)
                at_ns = later(at_ns, delay, is_interval=True)
                until = passed + self._taken(kind, rest)
                yield from self._shown(kind, rest, at_ns, passed, until)
                passed = min(until, self._end)
            except ValueError:
                yield Step((damage(at_ns, number, line),), None)
            yield Step((), Place(line.end, number, at_ns, passed))
        yield from self._untimed(at_ns, passed)

    def _taken(self, kind: bytes, rest: bytes) -> int:
        return int(rest) if kind == b"O" or (kind == b"I" and self._has_input) else 0

    def _shown(
        self, kind: bytes, rest: bytes, at_ns: int, passed: int, until: int
    ) -> Iterator[Step]:
        if kind == b"I":
            size = int(rest)
            data = self._source.read(passed, size) if size <= min(until - passed, _CHUNK) else None
            yield Step((Typed(at_ns, size, data, ()),), None)
        elif kind == b"O":
            yield from self._output(at_ns, passed, min(until, self._end))
        elif window := _WINDOW.match(rest):
            cells = size_of(int(window[2]), int(window[1]))
            if cells is None:
                raise ValueError(rest)
            yield Step((Resized(at_ns, *cells),), None)
        if until > self._end:
            reason = "the typescript ends before its timing"
            yield Step((Gap(at_ns, None, until - self._end, reason),), None)

    def _output(self, at_ns: int, begin: int, end: int) -> Iterator[Step]:
        for offset in range(begin, end, _CHUNK):
            data = self._source.read(offset, min(_CHUNK, end - offset))
            yield Step((Output(at_ns, data),), None)

    def _untimed(self, at_ns: int, passed: int) -> Iterator[Step]:
        if self._timing and passed < self._end:
            reason = "the timing ends before the typescript"
            yield Step((Gap(at_ns, None, 0, reason),), None)
        yield from self._output(at_ns, passed, self._end)


def is_typescript(source: Source) -> bool:
    """Whether the file begins as one."""
    return source.read(0, len(_BEGINS)) == _BEGINS


def is_timing(line: Line) -> bool:
    """Whether a timing file begins like this."""
    return line.is_whole and _TIMED.fullmatch(line.data) is not None


def _timed(line: Line) -> tuple[bytes, float, bytes]:
    found = _TIMED.fullmatch(line.data) if line.is_whole else None
    if found is None or (found[1] in {None, b"O", b"I"} and not _COUNT.fullmatch(found[3])):
        raise ValueError(line)
    return found[1] or b"O", float(found[2]), found[3]


def _first_line(source: Source, *, is_timed: bool) -> tuple[int, dict[str, str]]:
    # As scriptreplay does: where there is a timing, the first line is none of its bytes.
    head = source.read(0, _MAX_HEADER)
    if not head.startswith(_BEGINS) and not is_timed:
        return 0, {}
    size = head.find(b"\n") + 1 or len(head)
    line = head[:size].decode("utf-8", "replace")
    when = _WHEN.search(line)
    return size, dict(_FACT.findall(line)) | ({"START_TIME": when[0]} if when else {})


def _last_line(source: Source) -> int:
    begin = max(0, source.size - _MAX_END)
    found = _ENDS.search(source.read(begin, _MAX_END))
    return begin + found.start() if found else source.size


def _headers(timing: Source) -> dict[str, str]:
    facts = {}
    for _, line in zip(range(_MAX_HEADERS), timing.lines(), strict=False):
        found = _TIMED.fullmatch(line.data)
        if found is None or found[1] != b"H":
            break
        name, _, value = found[3].decode("utf-8", "replace").partition(" ")
        facts[name] = value
    return facts


def _size(facts: dict[str, str]) -> tuple[int, int] | None:
    try:
        return size_of(int(facts["COLUMNS"][:6]), int(facts["LINES"][:6]))
    except (KeyError, ValueError):
        return None


def _wall_ns(text: str) -> int | None:
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1_000_000_000)
    except (ValueError, OverflowError):
        return None
