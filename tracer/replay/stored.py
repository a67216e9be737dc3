"""A terminal of the log as a recording.

Invariant: only the records that are played are read; where to begin, and all marks, are the
index's. Times are CLOCK_BOOTTIME since the terminal's first record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tracer.errors import BadLog
from tracer.replay.recording import Event, Keyframe, Mark, Output, Resized
from tracer.replay.stored_events import ALERTS, COMMANDS, GAPS, StoredEvents, in_order
from tracer.screen.screen import Screen
from tracer.screen.state import unpack
from tracer.store.index_entry import ALERT
from tracer.store.search import Searcher
from tracer.store.tracks import Moment, Track

_COLUMNS: Final = 80
_ROWS: Final = 24
_MAX_LOOKED_AT: Final = 32
"""Records of programs before a keyframe, to find those that still run then."""
_KINDS: Final = (
    dict.fromkeys((ALERT, *ALERTS), "alert")
    | dict.fromkeys(COMMANDS, "command")
    | dict.fromkeys(GAPS, "gap")
)
_LABELS: Final = ALERTS | GAPS
_INPUT: Final = "text_input"


class _Place(NamedTuple):
    """The record to read on from, and what must be known to do so."""

    sequence: int
    at_ns: int
    size: tuple[int, int]
    is_sized: bool


class StoredRecording:
    """`label`: what it is of, for people."""

    def __init__(self, asking: Searcher, track: Track, label: str) -> None:
        self.title = label
        self.start_ns: int | None = track.first_us * 1000
        self.duration_ns = max(0, track.last_ns - track.first_ns)
        size = (track.columns or _COLUMNS, track.rows or _ROWS)
        self.columns, self.rows = size
        self._asking, self._track = asking, track
        self._beginning = _Place(0, 0, size, False)

    def keyframe(self, at_ns: int) -> Keyframe:
        """The newest one at or before this moment; the beginning is one."""
        stored = self._asking.track_keyframe(self._track, self._track.first_ns + at_ns)
        if stored is None:
            return Keyframe(0, Screen(self.columns, self.rows), (), self._beginning)
        try:
            screen = unpack(stored.state)
        except ValueError as error:
            reason = f"the index is damaged ({error}); `ttytrace reindex` makes it again"
            raise BadLog(place=self.title, reason=reason) from None
        frame_ns = stored.boottime_ns - self._track.first_ns
        place = _Place(stored.sequence, frame_ns, (screen.columns, screen.rows), stored.is_sized)
        return Keyframe(frame_ns, screen, self._before(stored.sequence, stored.doubt), place)

    def events(self, start: Keyframe) -> Iterator[Event]:
        """Everything from there on, to the end."""
        assert isinstance(start.place, _Place)
        sequence, at_ns, size, is_sized = start.place
        reader = self._reader(at_ns, size, is_sized=is_sized)
        lines = self._asking.track_records(self._track, sequence)
        yield from in_order(event for _, line in lines for event in reader.read(line))

    def marks(self) -> list[Mark]:
        """All there are, in order. Of the programs that start between two inputs only the first:
        it, or the prompt behind it, starts the others. Alerts are where their cause is."""
        moments = self._asking.track_moments(self._track, (*_KINDS, _INPUT))
        marks = (
            Mark(self._at_ns(each), _KINDS[each.kind], _label(each))
            for each in _with_first_commands(moments)
        )
        return sorted(marks, key=lambda mark: mark.at_ns)

    def find(self, text: str) -> Iterator[int]:
        """Moments at which the screen showed this text that it had not shown just before."""
        for moment in self._asking.track_find(self._track, text):
            yield self._at_ns(moment)

    def _before(self, sequence: int, doubt: int | None) -> tuple[Event, ...]:
        programs = self._newest(("exec", "end"), sequence, _MAX_LOOKED_AT)
        typed = self._newest(("text_input",), sequence, 1)
        # The first program is the pane's own, a shell mostly.
        first = self._asking.track_first(self._track, ("exec",)) if programs else None
        wanted = {each for each in (first, doubt, *programs, *typed) if each is not None}
        reader = self._reader(0, (0, 0), is_sized=True)
        lines = (self._asking.found(each) for each in sorted(wanted))
        events = (event for found in lines if found for event in reader.read(found.line))
        return tuple(event for event in events if not isinstance(event, Output | Resized))

    def _newest(self, kinds: tuple[str, ...], before: int, limit: int) -> list[int]:
        return self._asking.track_newest(self._track, before, kinds, limit)

    def _at_ns(self, moment: Moment) -> int:
        # The index has microseconds; the record must have happened then.
        at_ns = moment.boottime_ns - self._track.first_ns + 999
        return min(max(0, at_ns), self.duration_ns)

    def _reader(self, at_ns: int, size: tuple[int, int], *, is_sized: bool) -> StoredEvents:
        return StoredEvents(self._track.first_ns, at_ns, size, is_sized=is_sized)


def _label(moment: Moment) -> str:
    return _LABELS.get(moment.kind) or moment.command or moment.kind


def _with_first_commands(moments: list[Moment]) -> Iterator[Moment]:
    is_input_kept = any(moment.kind == _INPUT for moment in moments)
    is_next = True
    for moment in moments:
        if moment.kind == _INPUT:
            is_next = True
        elif moment.kind not in COMMANDS:
            yield moment
        elif is_next:
            yield moment
            is_next = not is_input_kept
