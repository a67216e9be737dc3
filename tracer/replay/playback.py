"""Playing a recording: where it is, how fast it goes on, and the ways to another moment.

Invariant: no clock and no I/O but the recording's: how much time has passed is told by advance().
The scene at a moment is the same however one came there. Moments are nanoseconds since the
recording's beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from tracer.replay.recording import Claimed, Cut, Event, Keyframe, Mark, Output, Recording, Resized
from tracer.replay.scene import Scene

MAX_SPEED: Final = 1024.0
MIN_SPEED: Final = 1 / 16

_MAX_BYTES: Final = 1 << 18
"""Of output, in one advance(): whoever plays must hear keys meanwhile."""
_GRACE_NS: Final = 1_000_000_000
"""What is that near is not the one before, while it plays on."""


class Playback:
    """Begins paused at `first_ns`, and goes no further than `last_ns`, the end if None.
    `idle_limit_ns`: nothing that stands still is shown for longer, None for as long as it did.
    Raises what the recording raises."""

    def __init__(
        self,
        recording: Recording,
        *,
        first_ns: int = 0,
        last_ns: int | None = None,
        speed: float = 1.0,
        idle_limit_ns: int | None = None,
    ) -> None:
        self.recording = recording
        end_ns = recording.duration_ns
        self.last_ns: int = end_ns if last_ns is None else min(max(0, last_ns), end_ns)
        self.first_ns: int = min(max(0, first_ns), self.last_ns)
        self.speed = speed
        self.idle_limit_ns = idle_limit_ns
        self.is_paused = True
        self._marks: list[Mark] | None = None
        self.at_ns = self._still_ns = self.first_ns
        self._begin(recording.keyframe(self.first_ns))
        self.seek(self.first_ns)

    @property
    def is_over(self) -> bool:
        """Whether it is at the end."""
        return self.at_ns >= self.last_ns and (self._next is None or self._due_ns > self.last_ns)

    @property
    def wait_ns(self) -> int | None:
        """For how long nothing changes by itself; None if for ever."""
        if self.is_paused or self.is_over:
            return None
        return max(0, round((min(self._due_ns, self._still_until_ns) - self.at_ns) / self.speed))

    def marks(self) -> list[Mark]:
        """The recording's that can be gone to."""
        if self._marks is None:
            marks = self.recording.marks()
            self._marks = [mark for mark in marks if self.first_ns <= mark.at_ns <= self.last_ns]
        return self._marks

    # ---- playing on ----

    def advance(self, elapsed_ns: int) -> None:
        """So much time has passed."""
        if not self.is_paused:
            self._play(self.at_ns + round(elapsed_ns * self.speed))
            self.is_paused = self.is_over

    def change_speed(self, factor: float) -> None:
        """Faster, or slower."""
        self.speed = min(MAX_SPEED, max(MIN_SPEED, self.speed * factor))

    # ---- to another moment ----

    def seek(self, at_ns: int) -> None:
        """To the moment when everything until then has happened."""
        at_ns = min(max(self.first_ns, at_ns), self.last_ns)
        keyframe = self.recording.keyframe(at_ns)
        if at_ns < self.at_ns or keyframe.at_ns > self.at_ns:
            self._begin(keyframe)
        self._apply_until(at_ns)
        self.at_ns = self._still_ns = at_ns

    def step(self) -> bool:
        """To the next time that something is shown; whether there is any."""
        while self._next is not None and self._due_ns <= self.last_ns:
            if self._apply_until(self._due_ns):
                return True
        return False

    def step_back(self) -> None:
        """To the last time that something else was shown."""
        self.seek(self._shown_before())

    def jump(self, kind: str, *, forward: bool) -> Mark | None:
        """To the next mark of that kind, or the one before; None if there is none."""
        if forward:
            ahead = (mark for mark in self.marks() if mark.at_ns > self.at_ns)
        else:
            near_ns = self.at_ns - self._grace_ns
            ahead = (mark for mark in reversed(self.marks()) if mark.at_ns < near_ns)
        mark = next((mark for mark in ahead if mark.kind == kind), None)
        if mark is not None:
            self.seek(mark.at_ns)
        return mark

    def find(self, text: str, *, forward: bool) -> bool:
        """To the next moment that shows this text anew, or the one before; whether there is one."""
        moments = (at_ns for at_ns in self.recording.find(text) if at_ns >= self.first_ns)
        if forward:
            found = next((at_ns for at_ns in moments if at_ns > self.at_ns), None)
        else:
            found = _last_before(moments, self.at_ns - self._grace_ns)
        if found is None or found > self.last_ns:
            return False
        self.seek(found)
        return True

    def show(self, recording: Recording) -> None:
        """Another recording of the same time, at the same moment."""
        at_ns, self.recording, self._marks = self.at_ns, recording, None
        self._begin(recording.keyframe(at_ns))
        self.seek(at_ns)

    # ---- within ----

    @property
    def _grace_ns(self) -> int:
        return 0 if self.is_paused else round(_GRACE_NS * self.speed)

    @property
    def _due_ns(self) -> int:
        return self.last_ns if self._next is None else self._next.at_ns

    @property
    def _still_until_ns(self) -> int:
        # Up to when it stands still as it did.
        if self.idle_limit_ns is None:
            return self._due_ns
        return max(self.at_ns, self._still_ns + self.idle_limit_ns)

    def _begin(self, keyframe: Keyframe) -> None:
        self.at_ns = self._still_ns = keyframe.at_ns
        self._events = self.recording.events(keyframe)
        self.scene = Scene(keyframe)
        self._next: Event | None = next(self._events, None)
        self._apply_until(keyframe.at_ns)

    def _play(self, until_ns: int) -> None:
        room = _MAX_BYTES
        while not self.is_over and room > 0:
            due_ns, still_ns = self._due_ns, self._still_until_ns
            if still_ns < min(due_ns, until_ns):
                until_ns += due_ns - still_ns
            if due_ns > min(until_ns, self.last_ns):
                self.at_ns = min(until_ns, self.last_ns)
                return
            room -= self._apply_next()
        # What was too much for once is waited for.

    def _apply_until(self, at_ns: int) -> bool:
        # Whether any of it is shown.
        is_shown = False
        while self._next is not None and self._next.at_ns <= at_ns:
            is_shown |= _is_shown(self._next)
            self._apply_next()
        return is_shown

    def _apply_next(self) -> int:
        # Goes to the next event, or the end; how many bytes there were to draw.
        event = self._next
        self.at_ns = self._still_ns = self._due_ns
        if event is None:
            return 0
        self.scene.apply(event)
        self._next = next(self._events, None)
        return len(event.data) if isinstance(event, Output) else 1

    def _shown_before(self) -> int:
        # What is shown now came at the last of these moments: the one before it is wanted.
        found: list[int] = []
        edge_ns, below_ns = self.at_ns, self.at_ns + 1
        while True:
            keyframe = self.recording.keyframe(edge_ns)
            newest = deque(_moments(self.recording.events(keyframe), below_ns), maxlen=2)
            found += reversed(newest)
            if len(found) >= 2:
                return found[1]
            if keyframe.at_ns <= 0:
                return 0
            edge_ns, below_ns = keyframe.at_ns - 1, newest[0] if newest else below_ns


def _moments(events: Iterator[Event], below_ns: int) -> Iterator[int]:
    # When something was shown; several at once are one.
    last_ns = -1
    for event in events:
        if event.at_ns >= below_ns:
            return
        if _is_shown(event) and event.at_ns != last_ns:
            last_ns = event.at_ns
            yield last_ns


def _is_shown(event: Event) -> bool:
    return isinstance(event, Output | Resized | Claimed | Cut)


def _last_before(moments: Iterator[int], at_ns: int) -> int | None:
    last = None
    for moment in moments:
        if moment >= at_ns:
            break
        last = moment
    return last
