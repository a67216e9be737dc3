"""A session as one recording: of its panes, always the one that matters.

Invariant: at each moment one pane is shown: the one that somebody typed into last, or the oldest
while nobody did. It stays for HOLD_NS at least. The time is that of the session, which begins with
its first pane.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import pairwise
from typing import Final, NamedTuple

from tracer.replay.recording import Cut, Event, Gap, Keyframe, Mark, Recording
from tracer.replay.scene import Scene

HOLD_NS: Final = 1_000_000_000


class Part(NamedTuple):
    """A pane, and where in the session's time its own begins."""

    label: str
    recording: Recording
    begin_ns: int

    @property
    def end_ns(self) -> int:
        """When it was last seen."""
        return self.begin_ns + self.recording.duration_ns


class Shown(NamedTuple):
    """From this moment on, the part of this number is shown."""

    at_ns: int
    part: int


class _Place(NamedTuple):
    """Where to read on: in which stretch; what of it there is in the keyframe already."""

    stretch: int
    inner: Keyframe
    until_ns: int


class SessionRecording:
    """`shown`: at least one, in order, the first at 0."""

    def __init__(self, title: str, parts: Sequence[Part], shown: Sequence[Shown]) -> None:
        self.title = title
        self.parts, self._shown = parts, shown
        first = min(parts, key=lambda part: part.begin_ns)
        self.start_ns = first.recording.start_ns
        self.duration_ns = max(part.end_ns for part in parts)
        begun = parts[shown[0].part].recording
        self.columns, self.rows = begun.columns, begun.rows

    def only(self, part: int) -> SessionRecording:
        """The same time, but always this pane."""
        return SessionRecording(self.title, self.parts, [Shown(0, part)])

    def keyframe(self, at_ns: int) -> Keyframe:
        """The newest one at or before this moment; the beginning of what is shown is one."""
        stretch = bisect_right(self._shown, at_ns, key=lambda shown: shown.at_ns) - 1
        begin_ns, part = self._shown[stretch].at_ns, self._part(stretch)
        inner = part.recording.keyframe(max(0, at_ns - part.begin_ns))
        if inner.at_ns + part.begin_ns >= begin_ns:
            scene, place, frame_ns = Scene(inner), _Place(stretch, inner, -1), inner.at_ns
            if part.begin_ns > at_ns:  # there is nothing of it yet
                frame_ns = at_ns - part.begin_ns
        else:
            scene, place = self._begun(stretch, inner)
            frame_ns = begin_ns - part.begin_ns
        before = (Cut(frame_ns, part.label, scene.screen), *scene.before())
        moved = tuple(_moved(event, part.begin_ns) for event in before)
        return Keyframe(frame_ns + part.begin_ns, scene.screen, moved, place)

    def events(self, start: Keyframe) -> Iterator[Event]:
        """Everything from there on, to the end."""
        assert isinstance(start.place, _Place)
        stretch, inner, until_ns = start.place
        yield from self._within(stretch, inner, until_ns)
        for later in range(stretch + 1, len(self._shown)):
            part, at_ns = self._part(later), self._shown[later].at_ns
            inner = part.recording.keyframe(max(0, at_ns - part.begin_ns))
            scene, place = self._begun(later, inner)
            before = tuple(_moved(event, part.begin_ns) for event in scene.before())
            yield Cut(at_ns, part.label, scene.screen, before)
            yield from self._within(later, inner, place.until_ns)

    def marks(self) -> list[Mark]:
        """All there are, in order; those of panes that are not shown then, too."""
        several = len(self.parts) > 1
        return sorted(
            Mark(
                mark.at_ns + part.begin_ns,
                mark.kind,
                f"{part.label} {mark.label}" if several else mark.label,
            )
            for part in self.parts
            for mark in part.recording.marks()
        )

    def find(self, text: str) -> Iterator[int]:
        """Moments at which the screen showed this text that it had not shown just before."""
        yield from merge(
            *(self._found(number, text) for number in {shown.part for shown in self._shown})
        )

    def _found(self, number: int, text: str) -> Iterator[int]:
        part = self.parts[number]
        for found_ns in part.recording.find(text):
            at_ns = found_ns + part.begin_ns
            stretch = bisect_right(self._shown, at_ns, key=lambda shown: shown.at_ns) - 1
            if self._shown[stretch].part == number:
                yield at_ns

    def _part(self, stretch: int) -> Part:
        return self.parts[self._shown[stretch].part]

    def _begun(self, stretch: int, inner: Keyframe) -> tuple[Scene, _Place]:
        # What there is to see of a pane when it comes to be shown.
        until_ns = self._shown[stretch].at_ns - self._part(stretch).begin_ns
        scene = Scene(inner)
        for event in self._part(stretch).recording.events(inner):
            if event.at_ns > until_ns:
                break
            scene.apply(event)
        return scene, _Place(stretch, inner, until_ns)

    def _within(self, stretch: int, inner: Keyframe, until_ns: int) -> Iterator[Event]:
        part, next_ = self._part(stretch), stretch + 1
        end_ns = self._shown[next_].at_ns if next_ < len(self._shown) else None
        for event in part.recording.events(inner):
            if end_ns is not None and event.at_ns + part.begin_ns >= end_ns:
                return
            if event.at_ns > until_ns:
                yield _moved(event, part.begin_ns)


def shown_of(parts: Sequence[tuple[int, int]], typed: Iterable[Shown]) -> list[Shown]:
    """Which part to show when. `parts`: from when to when each is there; `typed`: somebody typed
    into a part at this moment, in order."""
    shown = [Shown(0, min(range(len(parts)), key=lambda part: parts[part][0]))]
    wishes = [*_wishes(parts, typed, shown[0].part), None]
    for wish, following in pairwise(wishes):
        assert wish is not None
        at_ns = max(wish.at_ns, shown[-1].at_ns + HOLD_NS)
        if wish.part != shown[-1].part and (following is None or at_ns < following.at_ns):
            shown.append(Shown(at_ns, wish.part))
    return shown


def _wishes(
    parts: Sequence[tuple[int, int]], typed: Iterable[Shown], wanted: int
) -> Iterator[Shown]:
    ends = sorted(Shown(end_ns, part) for part, (_, end_ns) in enumerate(parts))
    for at_ns, is_end, part in merge(
        ((at_ns, False, part) for at_ns, part in typed),
        ((at_ns, True, part) for at_ns, part in ends),
    ):
        if not is_end:
            wanted = part
        elif part != wanted or (alive := _alive(parts, at_ns)) is None:
            continue
        else:
            wanted = alive
        yield Shown(at_ns, wanted)


def _alive(parts: Sequence[tuple[int, int]], at_ns: int) -> int | None:
    there = (part for part, (begin_ns, end_ns) in enumerate(parts) if begin_ns <= at_ns < end_ns)
    return min(there, key=lambda part: parts[part][0], default=None)


def _moved(event: Event, by_ns: int) -> Event:
    if isinstance(event, Gap) and event.until_ns is not None:
        return event._replace(at_ns=event.at_ns + by_ns, until_ns=event.until_ns + by_ns)
    return event._replace(at_ns=event.at_ns + by_ns)
