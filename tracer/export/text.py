"""What could be read on a terminal, in order, as plain text.

Invariant: a row is written once, when it leaves the screen for good or the recording ends; wrapped
rows are one line, and so are blank ones. Of a full-screen program that is what scrolled and what it
showed last. What is written can be printed anywhere (codec/safe.py); lines that begin with MARK
were not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple

from tracer.codec.safe import safe_text
from tracer.export.excerpt import Excerpt
from tracer.export.steps import label_of
from tracer.replay.recording import Alert, Claimed, Cut, Event, Gap, Output, Resized
from tracer.screen.row import Row

MARK: Final = "┄"
_PIECE: Final = 1 << 16
"""Bytes, of which a screen keeps all rows that leave it."""


class _Read(NamedTuple):
    text: str
    is_wrapped: bool = False


def write(excerpt: Excerpt, out: BinaryIO) -> None:
    """In UTF-8."""
    last = "\n"
    for line in _lines(_Reader(excerpt).rows()):
        if line or last:
            out.write(line.encode() + b"\n")
        last = line


class _Reader:
    def __init__(self, excerpt: Excerpt) -> None:
        self._screen, self._events = excerpt.screen, excerpt.events

    def rows(self) -> Iterator[_Read | str]:
        """What was read, and our own lines about it."""
        for event in self._events:
            match event:
                case Output(data=data):
                    for start in range(0, len(data), _PIECE):
                        self._screen.feed(data[start : start + _PIECE])
                        yield from map(_read, self._screen.take_scrolled())
                case Resized(columns=columns, rows=rows):
                    self._screen.resize(columns, rows)
                case Claimed(screen=screen) | Cut(screen=screen):
                    yield from self._shown()
                    yield _note(event)
                    self._screen = screen
                case Gap() | Alert():
                    yield _note(event)
        yield from self._shown()

    def _shown(self) -> list[_Read]:
        rows = [_read(row) for row in self._screen.lines]
        while rows and not rows[-1].text:
            rows.pop()
        return rows


def _read(row: Row) -> _Read:
    return _Read("".join(row.cells) if row.is_wrapped else row.text(), row.is_wrapped)


def _note(event: Event) -> str:
    return f"{MARK} after {event.at_ns / 1e9:.3f} s: {label_of(event)}"


def _lines(rows: Iterable[_Read | str]) -> Iterator[str]:
    before = ""
    for row in rows:
        if isinstance(row, _Read) and row.is_wrapped:
            before += row.text
            continue
        if isinstance(row, _Read):
            yield safe_text(before + row.text, marks=MARK)
        else:
            if before:
                yield safe_text(before, marks=MARK)
            yield row
        before = ""
    if before:
        yield safe_text(before, marks=MARK)
