"""Which recordings of a log are meant: from the name of a pane, session, terminal or person, or the
handle of a record.

Invariant: whatever fits is a choice; that there must be one is the matter of who asks. Names are
hostile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from tracer.codec.alert import clip_began
from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.store.query import Query
from tracer.store.search import Searcher
from tracer.store.tracks import CLIENT, PANE, Track

SESSION: Final = "session"

_HANDLE: Final = re.compile("#?([0-9]{1,18})")
_PANE: Final = re.compile("%[0-9]+")
_SESSION: Final = re.compile(r"\$[0-9]+")
_ONE_SESSION: Final = re.compile(r"(\$[0-9]+)#[0-9]+")
_TERMINAL: Final = re.compile("(?:/dev/)?pts/([0-9]{1,7})")
# UNIX98 pty slaves are majors 136 to 143 (Documentation/admin-guide/devices.txt).
_FIRST_MAJOR: Final = 136
_MAJORS: Final = 8
_MINORS: Final = 256


class Choice(NamedTuple):
    """Something that can be replayed: `kind` is PANE, CLIENT or SESSION, whose panes are its
    `tracks`. `name`: the pane's or session's, or who sits at the client. `at_ns`: the moment that
    was named, in the recording's time. `session_id`: of a session.
    """

    kind: str
    name: str
    tracks: tuple[Track, ...]
    at_ns: int | None = None
    session_id: str = ""

    @property
    def handle(self) -> str:
        """What means this one alone: #12, its first record; of a session $1#12."""
        record = f"#{min(track.first_sequence for track in self.tracks)}"
        return f"{self.session_id}{record}" if self.kind == SESSION else record

    @property
    def terminal(self) -> str:
        """pts/5; "" of a session, and of what is no pseudo-terminal."""
        number = _number(self.tracks[0])
        return "" if self.kind == SESSION or number is None else f"pts/{number}"

    @property
    def first_us(self) -> int:
        """When it began, microseconds since 1970."""
        return min(track.first_us for track in self.tracks)

    @property
    def last_us(self) -> int:
        """When it was last seen."""
        return max(track.last_us for track in self.tracks)

    @property
    def size(self) -> int:
        """Bytes that it showed."""
        return sum(track.size for track in self.tracks)

    @property
    def people(self) -> tuple[str, ...]:
        """Who sat there, or typed."""
        return _joined(track.people for track in self.tracks)

    @property
    def sessions(self) -> tuple[str, ...]:
        """The names of the sessions that it was in."""
        return _joined(track.session_names or track.session_ids for track in self.tracks)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Of which host."""
        return _joined((track.host,) if track.host else () for track in self.tracks)


def choices(asking: Searcher, query: Query) -> list[Choice]:
    """All that something was recorded of in the time that is asked for: sessions, then terminals,
    each in order of time."""
    tracks = _in_order(asking.tracks(query))
    return [*_sessions(asking, query, tracks, None), *map(_terminal, tracks)]


def meant(asking: Searcher, target: str, query: Query) -> list[Choice]:
    """What `target` may mean, in the time that is asked for."""
    if handle := _HANDLE.fullmatch(target):
        return _of_record(asking, int(handle[1]))
    if session := _ONE_SESSION.fullmatch(target):
        sessions = meant(asking, session[1], query)
        return [choice for choice in sessions if choice.handle == target]
    tracks = _in_order(asking.tracks(query))
    if _PANE.fullmatch(target):
        return [_terminal(track) for track in tracks if _is_pane(track, target)]
    if terminal := _TERMINAL.fullmatch(target):
        return [_terminal(track) for track in tracks if _number(track) == int(terminal[1])]
    sessions = list(_sessions(asking, query, tracks, target))
    if _SESSION.fullmatch(target):
        return sessions
    clients = (track for track in tracks if track.key.kind == CLIENT)
    return [*sessions, *(_terminal(track) for track in clients if target in track.people)]


def _of_record(asking: Searcher, sequence: int) -> list[Choice]:
    track = asking.track_of(sequence)
    if track is None:
        return []
    return [_terminal(track)._replace(at_ns=_moment(asking, track, sequence))]


def _moment(asking: Searcher, track: Track, sequence: int) -> int | None:
    found = asking.found(sequence)
    try:
        return found and _boottime_ns(parse(found.line)) - track.first_ns
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _boottime_ns(event: Fields) -> int:
    """Of an alert, what led to it is to be seen, too."""
    if event["event"]["kind"] == "alert":
        return clip_began(event).boottime_ns
    return int(event["ttytrace"]["boottime_ns"])


def _sessions(
    asking: Searcher, query: Query, tracks: list[Track], name: str | None
) -> Iterator[Choice]:
    for key, session in asking.sessions(query):
        if name is None or name in (key.session_id, *session.names):
            panes = tuple(
                track
                for track in tracks
                if track.key.kind == PANE
                and (track.key.boot, track.key.server) == (key.boot, key.server)
                and key.session_id in track.session_ids
            )
            if panes:
                called = ", ".join(session.names) or key.session_id
                yield Choice(SESSION, called, panes, session_id=key.session_id)


def _terminal(track: Track) -> Choice:
    if track.key.kind == PANE:
        return Choice(PANE, track.pane_id or f"pid {track.key.pid or '?'}", (track,))
    return Choice(CLIENT, ", ".join(track.people) or "?", (track,))


def _is_pane(track: Track, pane_id: str) -> bool:
    return track.key.kind == PANE and track.pane_id == pane_id


def _number(track: Track) -> int | None:
    major = track.key.major - _FIRST_MAJOR
    return major * _MINORS + track.key.minor if 0 <= major < _MAJORS else None


def _in_order(tracks: Iterable[Track]) -> list[Track]:
    return sorted(tracks, key=lambda track: track.first_sequence)


def _joined(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in names for name in each))
