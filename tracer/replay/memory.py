"""A recording whose keyframes are held in memory: made on the way, when a moment is asked for.

Invariant: what is held is bounded, however long the file: so many keyframes, which are further
apart then, and so many marks. How a file is read is its Reader's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from tracer.replay.recording import Event, Gap, Keyframe, Mark, Output
from tracer.replay.scene import Scene
from tracer.replay.seen import moments_of
from tracer.replay.source import Place, Reader
from tracer.screen.screen import Screen
from tracer.screen.state import pack, unpack

MAX_KEYFRAMES: Final = 1024
MAX_STATES: Final = 64 << 20  # bytes of all of them
MAX_MARKS: Final = 10_000
_SPACING: Final = 1 << 18  # bytes of output
_CHUNK: Final = 1 << 16  # as much as a screen takes at once


class _Kept(NamedTuple):
    """A keyframe, with a screen that can be had again and again."""

    at_ns: int
    state: bytes
    before: tuple[Event, ...]
    place: Place


class FileRecording:
    """What a Reader reads. It is read once as a whole, for its length and marks, without drawing
    anything. Raises BadRecording."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.title, self.start_ns = reader.title, reader.start_ns
        self.columns, self.rows = reader.columns, reader.rows
        self._marks, self.duration_ns = _surveyed(reader)
        scene = Scene(Keyframe(0, Screen(self.columns, self.rows), (), reader.beginning))
        self._keyframes = _Keyframes(reader, scene)

    def close(self) -> None:
        """Closes its files."""
        self._reader.close()

    def keyframe(self, at_ns: int) -> Keyframe:
        """The newest one at or before this moment; the beginning is one."""
        return self._keyframes.newest(at_ns)

    def events(self, start: Keyframe) -> Iterator[Event]:
        """Everything from there on, to the end."""
        assert isinstance(start.place, Place)
        for event in _located(self._reader, start.place):
            if not isinstance(event, Mark | Place):
                yield event

    def marks(self) -> list[Mark]:
        """The first MAX_MARKS, in order."""
        return list(self._marks)

    def find(self, text: str) -> Iterator[int]:
        """Moments at which the screen showed this text that it had not shown just before."""
        return moments_of(self, text)


class _Keyframes:
    """Those made so far, as far as anybody asked."""

    def __init__(self, reader: Reader, scene: Scene) -> None:
        self._scene = scene
        self._located = _located(reader, reader.beginning)
        self._kept = [_Kept(0, pack(scene.screen), (), reader.beginning)]
        self._reached_ns = 0
        self._spacing = _SPACING
        self._drawn = 0

    def newest(self, at_ns: int) -> Keyframe:
        """As FileRecording.keyframe()."""
        while self._reached_ns <= at_ns and self._go_on():
            pass
        kept = self._kept[bisect_right(self._kept, at_ns, key=lambda kept: kept.at_ns) - 1]
        return Keyframe(kept.at_ns, unpack(kept.state), kept.before, kept.place)

    def _go_on(self) -> bool:
        # To the next keyframe; whether there can be another one.
        for event in self._located:
            self._reached_ns = event.at_ns
            if isinstance(event, Place):
                # One for each time at most: which of two would be meant?
                if self._drawn >= self._spacing and event.at_ns > self._kept[-1].at_ns:
                    self._keep(event)
                    return True
            elif not isinstance(event, Mark):
                self._scene.apply(event)
                self._drawn += len(event.data) if isinstance(event, Output) else 1
        return False

    def _keep(self, place: Place) -> None:
        state, before = pack(self._scene.screen), self._scene.before()
        self._kept.append(_Kept(place.at_ns, state, before, place))
        self._drawn = 0
        while len(self._kept) > 2 and self._is_too_much():
            del self._kept[1::2]
            self._spacing *= 2

    def _is_too_much(self) -> bool:
        return (
            len(self._kept) > MAX_KEYFRAMES
            or sum(len(kept.state) for kept in self._kept) > MAX_STATES
        )


def _located(reader: Reader, place: Place) -> Iterator[Event | Mark | Place]:
    # With the places where it can be read on. Of gaps one behind another the first tells all.
    is_gap = False
    for step in reader.steps(place):
        for event in step.events:
            if not (is_gap and isinstance(event, Gap)):
                yield from _parts(event)
            is_gap = isinstance(event, Gap)
        if step.place is not None:
            yield step.place


def _parts(event: Event | Mark) -> Iterator[Event | Mark]:
    if not isinstance(event, Output) or len(event.data) <= _CHUNK:
        yield event
        return
    for start in range(0, len(event.data), _CHUNK):
        yield event._replace(data=event.data[start : start + _CHUNK])


def _surveyed(reader: Reader) -> tuple[list[Mark], int]:
    # All marks, and when it ends.
    marks: list[Mark] = []
    at_ns = 0
    for event in _located(reader, reader.beginning):
        at_ns = event.at_ns
        mark = Mark(at_ns, "gap", event.reason) if isinstance(event, Gap) else event
        if isinstance(mark, Mark) and len(marks) < MAX_MARKS:
            marks.append(mark)
    return marks, at_ns
