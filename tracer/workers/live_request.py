"""What a live client asks for, and what it may see: one JSON object.

    {"filter": {"session": "", "pane": "", "user": null, "kinds": ["exec", …]},
     "since": null, {"time_ns": …} or {"sequence": …}}

Invariant: whatever comes in is a Request or a ValueError that says what is wrong with it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

from tracer.codec.findings import finding_of
from tracer.codec.identity import Fields
from tracer.codec.log import log_part, parse
from tracer.model.events import Tty
from tracer.model.findings import AlertRaised, ClientOutput, TextOutput, Told
from tracer.model.selection import KINDS, LOG, Selection
from tracer.store.follow import Line

_MAX_CHARS: Final = 256
_MAX_NUMBER: Final = 1 << 62
_EVERY_WRITE: Final = frozenset({"seal", "segment", "rekey", "heartbeat"})
_FOR_ALL: Final = frozenset({"gap"})  # says nothing about anybody


class Since(NamedTuple):
    """From where in the record on: a moment, nanoseconds since 1970, or a sequence."""

    time_ns: int | None
    sequence: int | None


class Request(NamedTuple):
    """`since`: None from now on."""

    selection: Selection
    since: Since | None

    @classmethod
    def parse(cls, line: bytes) -> Request:
        """ValueError if it is none."""
        return cls.of(parse(line))

    @classmethod
    def of(cls, fields: object) -> Request:
        """What fields() gave. ValueError if it is none."""
        match fields:
            case {"filter": dict(asked), "since": since, **rest} if not rest:
                return cls(_selection(asked), None if since is None else _since(since))
        raise ValueError("a request has a filter and since, nothing else")

    def fields(self) -> Fields:
        """The same, as it came."""
        session, pane, uid, kinds = self.selection
        asked = {"session": session, "pane": pane, "user": uid, "kinds": sorted(kinds)}
        since = self.since and {k: v for k, v in self.since._asdict().items() if v is not None}
        return {"filter": asked, "since": since}


class Seen:
    """A line, and what is in it, found out when somebody wants to know."""

    def __init__(self, line: Line) -> None:
        self.line = line

    @cached_property
    def event(self) -> Fields:
        """Nothing where it can't be read, or was erased."""
        try:
            event = parse(self.line.data)
        except ValueError:
            return {}
        return event if "ttytrace" in event else {}

    @cached_property
    def finding(self) -> Told | None:
        """None for what is no event."""
        try:
            return finding_of(self.event) if self.event else None
        except ValueError:
            return None


class View(NamedTuple):
    """What one client is shown. `owner`: only what happens in this user's servers; None: all.
    `is_on_terminal`: not what a terminal shows that itself shows this."""

    selection: Selection
    owner: int | None
    is_on_terminal: bool

    def takes(self, seen: Seen) -> bool:
        """Whether that is what it is for."""
        event = seen.event
        if not event:
            return False
        if (about := log_part(event)) is not None:
            return self._takes_log(about[0])
        action = event["event"]["action"]
        if action in KINDS and action not in self.selection.kinds:  # which is soon found out
            return False
        finding = seen.finding
        return finding is not None and self._takes(finding)

    def hides(self, seen: Seen, watched: frozenset[Tty]) -> Tty | None:
        """The terminal that shows this itself, where it is the output of one. `watched`: those on
        which there are clients that could show it. What tmux draws for its clients may be any of
        them."""
        finding = seen.finding if self.is_on_terminal else None
        if isinstance(finding, ClientOutput):
            return finding.tty
        if isinstance(finding, TextOutput) and finding.tty in watched:
            return finding.tty
        return None

    def _takes(self, finding: Told) -> bool:
        return self._is_theirs(finding) and self.selection.takes(finding)

    def _is_theirs(self, finding: Told) -> bool:
        if self.owner is None:
            return True
        if isinstance(finding, AlertRaised):  # whom it is about must not learn what is noticed
            return False
        return finding.place is not None and finding.place.owner == self.owner

    def _takes_log(self, action: str) -> bool:
        if LOG not in self.selection.kinds or action in _EVERY_WRITE:
            return False
        return self.owner is None or action in _FOR_ALL


def _selection(asked: Fields) -> Selection:
    match asked:
        case {
            "session": str(session),
            "pane": str(pane),
            "user": uid,
            "kinds": list(kinds),
            **rest,
        }:
            pass
        case _:
            raise ValueError("a filter has session, pane, user and kinds")
    if rest or max(len(session), len(pane)) > _MAX_CHARS:
        raise ValueError("a filter has session, pane, user and kinds, nothing else")
    if uid is not None and not _is_number(uid):
        raise ValueError("user is a uid, or null")
    if not all(kind in KINDS for kind in kinds):
        raise ValueError(f"kinds are some of {', '.join(KINDS)}")
    return Selection(session, pane, uid, frozenset(kinds))


def _since(asked: object) -> Since:
    match asked:
        case {"time_ns": moment, **rest} if not rest and _is_number(moment):
            return Since(moment, None)
        case {"sequence": sequence, **rest} if not rest and _is_number(sequence):
            return Since(None, sequence)
    raise ValueError("since is null, a time_ns or a sequence")


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < _MAX_NUMBER
