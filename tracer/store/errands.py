"""What can be asked of whoever has the log open: to erase a record, to note who reads.

Invariant: an errand is done only when its record is on the disk. Requests are input: what isn't of
their shape is refused.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.codec.text import clean
from tracer.store.erase import erase
from tracer.store.tasks import Task, Workplace

_MAX_CHARS: Final = 4000


def erase_request(index: int, reason: str) -> Fields:
    """To erase a record."""
    return {"erase": index, "reason": clean(reason)[:_MAX_CHARS]}


class Watched(NamedTuple):
    """What of the log is played or exported: which terminal or session, and which stretch of its
    time, in microseconds since 1970."""

    target: str
    from_us: int
    to_us: int


def read_request(command: str, watched: Watched | None = None) -> Fields:
    """To note that the log is being read, by which command line, and what of it is watched."""
    asked: Fields = {"read": clean(command)[:_MAX_CHARS]}
    if watched is not None:
        stretch = {"from": timestamp(watched.from_us * 1000), "to": timestamp(watched.to_us * 1000)}
        asked |= {"target": clean(watched.target)[:_MAX_CHARS], "range": stretch}
    return asked


def errand(place: Workplace, asked: Fields, by: Fields) -> Task[None]:
    """Does what is asked; `by`: who asks, as callers.py has it. Raises ValueError for what can't be
    asked, and what erase() raises."""
    match asked:
        case {"erase": int(index), "reason": str(reason)} if len(reason) <= _MAX_CHARS:
            yield from erase(place, index, reason, by)
        case {"read": str(command), **what} if len(command) <= _MAX_CHARS and _is_watched(what):
            yield from place.record("read", command=command, by=by, **what)
        case _:
            raise ValueError("there is no such request")


def _is_watched(what: dict[str, Any]) -> bool:
    match what:
        case {"target": str(target), "range": {"from": str(from_), "to": str(to), **more}}:
            is_bounded = max(len(target), len(from_), len(to)) <= _MAX_CHARS
            return is_bounded and not more and len(what) == 2
    return not what
