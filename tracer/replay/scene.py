"""What there is to see at one moment of a recording: the screen, and who and what made it so.

Invariant: a scene depends on nothing but a keyframe and the events that were applied since. Where a
part of the screen can't be vouched for, because something is missing or only claimed before it,
`doubt` says so until that part has gone.
"""

from __future__ import annotations

from typing import Final

from tracer.replay.doubt import Doubt
from tracer.replay.recording import (
    Alert,
    Claimed,
    Command,
    Cut,
    Ended,
    Event,
    Gap,
    Keyframe,
    Output,
    Resized,
    Typed,
)
from tracer.screen.screen import Screen

_MAX_RUNNING: Final = 256


class Scene:
    """Moves on by apply(). `typed` (by somebody), `alert`: the newest; `label`: which terminal is
    shown."""

    screen: Screen
    typed: Typed | None
    alert: Alert | None
    _running: dict[int, Command]
    _cause: Gap | Claimed | None
    _doubt: Doubt

    def __init__(self, keyframe: Keyframe) -> None:
        self.label = ""
        self._show(keyframe.screen, keyframe.before)

    @property
    def command(self) -> Command | None:
        """The last that was started of those which still run."""
        return next(reversed(self._running.values()), None)

    @property
    def doubt(self) -> Gap | Claimed | None:
        """What is missing or claimed before, while something of what was then is still shown."""
        return self._cause if self._doubt.is_shown(self.screen) else None

    def apply(self, event: Event) -> None:
        """This happens."""
        match event:
            case Output(data=data):
                self.screen.feed(data)
                self._doubt.moved_on(self.screen)
            case Resized(columns=columns, rows=rows):
                self.screen.resize(columns, rows)
                self._doubt.moved_on(self.screen, is_resized=True)
            case Cut(screen=screen, before=before):
                self._show(screen, before)
            case Claimed(screen=screen):
                self.screen = screen
        self._remember(event)

    def before(self) -> tuple[Event, ...]:
        """What a keyframe of this moment has to tell."""
        cut = Cut(0, self.label, self.screen) if self.label else None
        events = (self.doubt, cut, *self._running.values(), self.typed, self.alert)
        return tuple(event for event in events if event is not None)

    def _show(self, screen: Screen, before: tuple[Event, ...]) -> None:
        self.screen = screen
        self.typed = self.alert = self._cause = None
        self._running = {}
        self._doubt = Doubt()
        for event in before:
            self._remember(event)

    def _remember(self, event: Event) -> None:
        match event:
            case Typed(is_reply=False):
                self.typed = event
            case Alert():
                self.alert = event
            case Command(pid=pid):
                self._running.pop(pid, None)  # it may run another program than before
                self._running[pid] = event
                if len(self._running) > _MAX_RUNNING:
                    del self._running[next(iter(self._running))]
            case Ended(pid=pid):
                self._running.pop(pid, None)
            case Gap() | Claimed():
                self._cause = event
                self._doubt.all_of(self.screen)
            case Cut(label=label):
                self.label = label
