"""A recording from one moment to another: what is exported.

Invariant: what was shown before is in the screen that it begins with; its times count from its own
beginning. Where recordings come from is in replay/.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from tracer.replay.recording import Event, Mark, Recording
from tracer.replay.scene import Scene
from tracer.screen.screen import Screen


class Excerpt(NamedTuple):
    """`screen`: what it begins with, for the caller to play on with. `start_ns`: nanoseconds since
    1970, None where that isn't known. `events` can be read once."""

    title: str
    screen: Screen
    start_ns: int | None
    duration_ns: int
    marks: list[Mark]
    events: Iterator[Event]


def excerpt(recording: Recording, since_ns: int = 0, until_ns: int | None = None) -> Excerpt:
    """What happens from `since_ns` to `until_ns`, both included, in the recording's time; None: to
    its end. What is outside of the recording is left out. Raises what the recording raises."""
    end_ns = recording.duration_ns
    until_ns = end_ns if until_ns is None else min(max(0, until_ns), end_ns)
    since_ns = min(max(0, since_ns), until_ns)
    screen, events = _play_before(recording, since_ns)
    return Excerpt(
        recording.title,
        screen,
        None if recording.start_ns is None else recording.start_ns + since_ns,
        until_ns - since_ns,
        [
            mark._replace(at_ns=mark.at_ns - since_ns)
            for mark in recording.marks()
            if since_ns <= mark.at_ns <= until_ns
        ],
        _within(events, since_ns, until_ns),
    )


def still(recording: Recording, at_ns: int) -> Screen:
    """What was shown at a moment, when everything until then had happened. Raises as excerpt."""
    return _play_before(recording, max(0, at_ns) + 1)[0]


def _play_before(recording: Recording, at_ns: int) -> tuple[Screen, Iterator[Event]]:
    # The screen that came of all before, and the rest of the events.
    keyframe = recording.keyframe(at_ns - 1 if at_ns else 0)
    scene, events = Scene(keyframe), recording.events(keyframe)
    for event in events:
        if event.at_ns >= at_ns:
            return scene.screen, chain([event], events)
        scene.apply(event)
    return scene.screen, events


def _within(events: Iterator[Event], since_ns: int, until_ns: int) -> Iterator[Event]:
    for event in events:
        if event.at_ns > until_ns:
            return
        yield event._replace(at_ns=event.at_ns - since_ns) if since_ns else event
