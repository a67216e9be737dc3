"""Where a recording shows a text: it is played, and the lines of its screen are looked at.

Invariant: a line is what a person reads as one: rows that go on in the next one are one line. What
was on the screen just before, and only moves or is drawn anew, is not found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from tracer.replay.recording import Event, Output, Recording
from tracer.replay.scene import Scene
from tracer.screen.row import Row
from tracer.screen.screen import Screen

_CHUNK: Final = 4096
_JUST_NS: Final = 1_000_000_000
_MAX_GONE: Final = 1000


class Shown(NamedTuple):
    """A line that fits, and when the screen showed it first."""

    at_ns: int
    line: str


def moments_of(recording: Recording, text: str) -> Iterator[int]:
    """When it showed this text, in any case of letters."""
    folded, last_ns = text.casefold(), -1
    for shown in lines_shown(recording, lambda line: folded in line.casefold()):
        if shown.at_ns != last_ns:
            last_ns = shown.at_ns
            yield last_ns


def lines_shown(recording: Recording, fits: Callable[[str], bool]) -> Iterator[Shown]:
    """Each line that fits, as it was when it did first."""
    start = recording.keyframe(0)
    scene, looker = Scene(start), _Looker(fits)
    for event in recording.events(start):
        for part in _parts(event):
            scene.apply(part)
            for line in looker.new(scene.screen, event.at_ns):
                yield Shown(event.at_ns, line)


def _parts(event: Event) -> Iterator[Event]:
    # So small that little comes and goes within one.
    if not isinstance(event, Output):
        yield event
        return
    for start in range(0, len(event.data), _CHUNK):
        yield event._replace(data=event.data[start : start + _CHUNK])


class _Looker:
    """Knows the rows of lines that fit, and those that are gone since a moment ago."""

    def __init__(self, fits: Callable[[str], bool]) -> None:
        self._fits = fits
        self._known: dict[Row, str] = {}
        self._gone: dict[str, int] = {}

    def new(self, screen: Screen, at_ns: int) -> list[str]:
        """Lines that fit and didn't the last time."""
        scrolled, visible = screen.take_scrolled(), screen.lines
        if not scrolled and not any(row.is_dirty for row in visible):
            return []
        before = self._known
        new: list[str] = []
        fitting: dict[Row, str] = {}
        for line in _lines([*scrolled, *visible]):
            text = self._text(line, before)
            if text is not None:
                fitting |= dict.fromkeys(line, text)
                if not any(row in before for row in line):
                    new.append(text)
        self._known = {row: fitting[row] for row in visible if row in fitting}
        # What leaves a full-screen program's screen is drawn over; elsewhere it is read above.
        there = self._known if screen.is_alternate else fitting
        self._forget((text for row, text in before.items() if row not in there), at_ns)
        return [text for text in new if at_ns - self._gone.pop(text, -_JUST_NS) >= _JUST_NS]

    def _text(self, line: list[Row], before: dict[Row, str]) -> str | None:
        # Of a line that fits; only what changed is looked at.
        if not any(row.is_dirty for row in line):
            return before.get(line[-1])
        for row in line:
            row.is_dirty = False
        text = "".join("".join(row.cells) for row in line).rstrip(" ")
        return text if self._fits(text) else None

    def _forget(self, texts: Iterable[str], at_ns: int) -> None:
        self._gone |= dict.fromkeys(texts, at_ns)
        while len(self._gone) > _MAX_GONE:
            del self._gone[next(iter(self._gone))]


def _lines(rows: list[Row]) -> Iterator[list[Row]]:
    line: list[Row] = []
    for row in rows:
        line.append(row)
        if not row.is_wrapped:
            yield line
            line = []
    if line:
        yield line
