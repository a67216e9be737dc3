"""What the tests of imported files share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tracer.replay.recording import Event, Gap, Mark, Output, Typed
from tracer.replay.source import Line, Reader, Source


def source(path: Path, data: bytes) -> Source:
    """A file of this."""
    path.write_bytes(data)
    return Source(path)


def first_line(source: Source) -> Line:
    """Its first one."""
    return next(source.lines(), Line(b"", False, 0))


def events(reader: Reader) -> list[Event | Mark]:
    """All of it."""
    return [event for step in reader.steps(reader.beginning) for event in step.events]


def shown(found: Iterable[Event | Mark]) -> bytes:
    """What was shown."""
    return b"".join(event.data for event in found if isinstance(event, Output))


def typed(found: Iterable[Event | Mark]) -> list[bytes | None]:
    """What came as input."""
    return [event.data for event in found if isinstance(event, Typed)]


def reasons(found: Iterable[Event | Mark]) -> list[str]:
    """Of the gaps."""
    return [event.reason for event in found if isinstance(event, Gap)]


def from_each_place(reader: Reader) -> None:
    """Wherever it can be read on, the same follows as did in one go."""
    whole = events(reader)
    before = 0
    for step in reader.steps(reader.beginning):
        before += len(step.events)
        if step.place is not None:
            rest = [event for other in reader.steps(step.place) for event in other.events]
            assert rest == whole[before:]
