"""A stretch of a recording, as a recording of its own.

Invariant: its beginning is a keyframe that shows what the whole recording shows at that moment;
times count from there, so what `before` tells of is earlier than 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tracer.replay.recording import Event, Gap, Keyframe, Mark, Recording
from tracer.replay.scene import Scene


class _Place(NamedTuple):
    """A keyframe of the whole, and up to when what follows it is part of ours already."""

    inner: Keyframe
    until_ns: int


class Clip:
    """From one moment of `whole` to another, both included."""

    def __init__(self, whole: Recording, from_ns: int, to_ns: int) -> None:
        self.title = whole.title
        self.duration_ns = max(0, to_ns - from_ns)
        self.start_ns = None if whole.start_ns is None else whole.start_ns + from_ns
        self._whole, self._from_ns = whole, from_ns
        screen = self.keyframe(0).screen
        self.columns, self.rows = screen.columns, screen.rows

    def keyframe(self, at_ns: int) -> Keyframe:
        """The newest one at or before this moment; the beginning is one."""
        inner = self._whole.keyframe(self._from_ns + at_ns)
        if inner.at_ns >= self._from_ns:
            return self._keyframe(inner.at_ns, Scene(inner), _Place(inner, -1))
        scene = Scene(inner)
        for event in self._whole.events(inner):
            if event.at_ns > self._from_ns:
                break
            scene.apply(event)
        return self._keyframe(self._from_ns, scene, _Place(inner, self._from_ns))

    def events(self, start: Keyframe) -> Iterator[Event]:
        """Everything from there on, to the end."""
        assert isinstance(start.place, _Place)
        inner, until_ns = start.place
        for event in self._whole.events(inner):
            if event.at_ns > self._from_ns + self.duration_ns:
                return
            if event.at_ns > until_ns:
                yield self._moved(event)

    def marks(self) -> list[Mark]:
        """All there are, in order."""
        marks = (mark._replace(at_ns=mark.at_ns - self._from_ns) for mark in self._whole.marks())
        return [mark for mark in marks if 0 <= mark.at_ns <= self.duration_ns]

    def find(self, text: str) -> Iterator[int]:
        """Moments at which the screen showed this text that it had not shown just before."""
        for found_ns in self._whole.find(text):
            at_ns = found_ns - self._from_ns
            if at_ns > self.duration_ns:
                return
            if at_ns >= 0:
                yield at_ns

    def _keyframe(self, at_ns: int, scene: Scene, place: _Place) -> Keyframe:
        before = tuple(map(self._moved, scene.before()))
        return Keyframe(at_ns - self._from_ns, scene.screen, before, place)

    def _moved(self, event: Event) -> Event:
        at_ns = event.at_ns - self._from_ns
        if isinstance(event, Gap) and event.until_ns is not None:
            return event._replace(at_ns=at_ns, until_ns=event.until_ns - self._from_ns)
        return event._replace(at_ns=at_ns)
