"""What every recording is to those who play, export and search it.

Invariant: what is in an event is what was recorded, hostile bytes and all; what could not be
recorded is a Gap in its place. Times are nanoseconds since the recording's beginning, as the
kernel's clock ran (a wall clock that was set doesn't move them); they never go back.

Where recordings come from is in stored.py (the log), session.py (several panes of it) and the
files of import_*.py; what they come to on a screen is in playback.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from tracer.screen.screen import Screen


class Output(NamedTuple):
    """The terminal showed this."""

    at_ns: int
    data: bytes


class Resized(NamedTuple):
    """The terminal has another size from now on."""

    at_ns: int
    columns: int
    rows: int


class Hand(NamedTuple):
    """Whose a part of an input is. `name` is None where nobody is named; `is_sure` where no other
    explanation fits. `how`: see hands.How."""

    size: int
    name: str | None
    how: str
    is_sure: bool


class Typed(NamedTuple):
    """Something came to the terminal as input. `data` is None where it was not kept."""

    at_ns: int
    size: int
    data: bytes | None
    hands: tuple[Hand, ...]

    @property
    def is_reply(self) -> bool:
        """Whether nobody typed it: a terminal answered a program."""
        return bool(self.hands) and all(hand.how == "terminal-reply" for hand in self.hands)


class Command(NamedTuple):
    """A program started. `by`: who pressed Enter, None where nobody is named."""

    at_ns: int
    pid: int
    line: str
    by: str | None


class Ended(NamedTuple):
    """A program is over; `status`: its exit code, 128 + n where signal n killed it."""

    at_ns: int
    pid: int
    status: int


class Alert(NamedTuple):
    """Something happened here that somebody should look at; `text` says what."""

    at_ns: int
    text: str


class Gap(NamedTuple):
    """Something is missing here: `size` bytes, or what was shown until `until_ns`; None where that
    can't be known. What the screen shows behind it may be wrong until it is drawn anew."""

    at_ns: int
    until_ns: int | None
    size: int | None
    reason: str


class Claimed(NamedTuple):
    """What tmux says that the terminal showed at this moment: a claim, and no record of it.
    `screen` is the caller's."""

    at_ns: int
    screen: Screen


class Cut(NamedTuple):
    """A recording of several terminals goes on with another one, whose screen is this; `screen` and
    `before` as in Keyframe."""

    at_ns: int
    label: str
    screen: Screen
    before: tuple[Event, ...] = ()


Event = Output | Resized | Typed | Command | Ended | Alert | Gap | Claimed | Cut
"""In the order of `at_ns`. An Output may be of any size, and end within a character or sequence."""


class Mark(NamedTuple):
    """A moment to jump to: `kind` is "command", "alert", "gap", or a file's own "marker"."""

    at_ns: int
    kind: str
    label: str


class Keyframe(NamedTuple):
    """The whole state at one moment, from which a recording can be read on. `screen` is the
    caller's, to play on with.

    `before`: the newest Typed, Command and the like that still matter then, oldest first; it has a
    Claimed or Gap where the screen still depends on one. `place` is the recording's own.
    """

    at_ns: int
    screen: Screen
    before: tuple[Event, ...]
    place: object


class Recording(Protocol):
    """One terminal's past. Everything in it but numbers is hostile: escape it before you print it.

    Any method may raise BadLog or BadRecording where what it reads is damaged.
    """

    title: str
    """What it is of, for people: "deploy:0.%3 on web1", "alice@192.0.2.7 pts/5", a file's name."""
    columns: int
    rows: int
    """Its size in the beginning."""
    start_ns: int | None
    """When it began, nanoseconds since 1970; None where a file doesn't say."""
    duration_ns: int

    def keyframe(self, at_ns: int) -> Keyframe:
        """The newest one at or before this moment; the beginning is one."""
        ...

    def events(self, start: Keyframe) -> Iterator[Event]:
        """Everything from there on, to the end."""
        ...

    def marks(self) -> list[Mark]:
        """All there are, in order."""
        ...

    def find(self, text: str) -> Iterator[int]:
        """Moments at which the screen showed this text that it had not shown just before, in order;
        in any case of letters, across the ends of wrapped rows."""
        ...
