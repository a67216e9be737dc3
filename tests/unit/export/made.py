"""Recordings that a test writes down, and what exporting one gives."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from tracer.export.excerpt import Excerpt, excerpt
from tracer.replay.recording import Event, Keyframe, Mark, Output
from tracer.screen.screen import Screen

SECOND = 1_000_000_000


class Made:
    """A recording in memory, with the beginning as its only keyframe."""

    start_ns: int | None = 1_700_000_000 * SECOND

    def __init__(
        self, *events: Event, title: str = "made", size: tuple[int, int] = (40, 6), marks: Any = ()
    ) -> None:
        self.title, (self.columns, self.rows) = title, size
        self._events, self._marks = events, list(marks)
        self.duration_ns = events[-1].at_ns if events else 0

    def keyframe(self, at_ns: int) -> Keyframe:
        return Keyframe(0, Screen(self.columns, self.rows), (), None)

    def events(self, start: Keyframe) -> Iterator[Event]:
        return iter(self._events)

    def marks(self) -> list[Mark]:
        return self._marks

    def find(self, text: str) -> Iterator[int]:
        return iter(())


def showing(*texts: str | bytes, **facts: Any) -> Made:
    """Shows one each second, from the first on."""
    outputs = [
        Output((number + 1) * SECOND, text.encode() if isinstance(text, str) else text)
        for number, text in enumerate(texts)
    ]
    return Made(*outputs, **facts)


def written(write: Callable[..., None], made: Made, *cut: int, **how: Any) -> bytes:
    """What a writer writes of it."""
    out = io.BytesIO()
    write(excerpt(made, *cut), out, **how)
    return out.getvalue()


def lines(data: bytes) -> list[Any]:
    """Lines of JSON."""
    return [orjson.loads(line) for line in data.splitlines()]


def final_screen(part: Excerpt | Made) -> Screen:
    """What is shown at the end, by our own screen."""
    part = excerpt(part) if isinstance(part, Made) else part
    for event in part.events:
        if isinstance(event, Output):
            part.screen.feed(event.data)
    return part.screen
