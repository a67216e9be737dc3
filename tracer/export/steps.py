"""A recording as what players are told: output, sizes, markers, input, by the codes of asciicast.

Invariant: unless it was asked for exactly, what is shown is what draws (screen/filter.py), and
labels are safe text: a player, or the terminal that it plays in, is made to do nothing. What is
only claimed, or begins in the middle, is drawn anew. How steps are written to files is in
asciicast.py, typescript.py and html.py.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tracer.codec.safe import safe_text
from tracer.export.excerpt import Excerpt
from tracer.replay.recording import (
    Alert,
    Claimed,
    Command,
    Cut,
    Ended,
    Event,
    Gap,
    Output,
    Resized,
    Typed,
)
from tracer.screen.filter import DrawingOnly
from tracer.screen.resume import half_read, resume
from tracer.screen.screen import Screen


class Step(NamedTuple):
    """`code`: "o" output, "i" input, "r" another size, "m" a marker, "x" the last exit status."""

    at_ns: int
    code: str
    data: str


def steps(excerpt: Excerpt, *, is_exact: bool = False) -> Iterator[Step]:
    """All of them, in order. `is_exact`: output as it was, whatever it makes a terminal do; in it
    and in input, surrogates stand for bytes that aren't UTF-8 (PEP 383)."""
    return _Player(excerpt.screen, is_exact).play(excerpt.events)


def label_of(event: Event) -> str | None:
    """What a marker says of it; None where there is none."""
    match event:
        case Command(line=line, by=by):
            return safe_text(f"{by}: {line}" if by else line)
        case Alert(text=text):
            return safe_text(f"ALERT: {text}")
        case Gap(size=size, reason=reason):
            return safe_text(f"GAP: {reason}" + ("" if size is None else f", {size} bytes"))
        case Claimed():
            return "CLAIM: from here on as tmux says that it was"
        case Cut(label=label):
            return safe_text(f"SHOWN: {label}")
    return None


class _Player:
    def __init__(self, screen: Screen, is_exact: bool) -> None:
        self._is_exact = is_exact
        self._size = screen.columns, screen.rows
        self._is_blank = resume(screen) == resume(Screen(*self._size))
        self._first = self._drawn(0, screen)

    def play(self, events: Iterator[Event]) -> Iterator[Step]:
        event: Event | None = None
        if not self._is_blank:
            yield self._first
        for event in events:
            if isinstance(event, Output):
                if text := self._read(event.data):
                    yield Step(event.at_ns, "o", text)
            else:
                yield from self._others(event)
        if isinstance(event, Ended):  # nothing happened after it
            yield Step(event.at_ns, "x", str(event.status))

    def _others(self, event: Event) -> Iterator[Step]:
        if label := label_of(event):
            yield Step(event.at_ns, "m", label)
        match event:
            case Resized(at_ns=at_ns, columns=columns, rows=rows):
                yield from self._resized(at_ns, columns, rows)
            case Claimed(at_ns=at_ns, screen=screen) | Cut(at_ns=at_ns, screen=screen):
                yield from self._resized(at_ns, screen.columns, screen.rows)
                yield self._drawn(at_ns, screen)
            case Typed(at_ns=at_ns, data=bytes() as data):
                yield Step(at_ns, "i", data.decode(errors="surrogateescape"))

    def _resized(self, at_ns: int, columns: int, rows: int) -> Iterator[Step]:
        if (columns, rows) != self._size:
            self._size = columns, rows
            yield Step(at_ns, "r", f"{columns}x{rows}")

    def _drawn(self, at_ns: int, screen: Screen) -> Step:
        self._read = self._reader()
        # What is on a screen need not draw: marks that turn text around are in its cells.
        return Step(at_ns, "o", self._read(resume(screen) + half_read(screen)))

    def _reader(self) -> Callable[[bytes], str]:
        if self._is_exact:
            return codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        return DrawingOnly().feed
