"""What can be asked of whoever has the log open: to erase a record, to note who reads.

Invariant: an errand is done only when its record is on the disk. Requests are input: what isn't of
their shape is refused.
"""

from __future__ import annotations

from typing import Final

from tracer.codec.identity import Fields
from tracer.codec.text import clean
from tracer.store.erase import erase
from tracer.store.tasks import Task, Workplace

_MAX_CHARS: Final = 4000


def erase_request(index: int, reason: str) -> Fields:
    """To erase a record."""
    return {"erase": index, "reason": clean(reason)[:_MAX_CHARS]}


def read_request(command: str) -> Fields:
    """To note that the log is being read, and by which command line."""
    return {"read": clean(command)[:_MAX_CHARS]}


def errand(place: Workplace, asked: Fields, by: Fields) -> Task[None]:
    """Does what is asked; `by`: who asks, as callers.py has it. Raises ValueError for what can't be
    asked, and what erase() raises."""
    match asked:
        case {"erase": int(index), "reason": str(reason)} if len(reason) <= _MAX_CHARS:
            yield from erase(place, index, reason, by)
        case {"read": str(command)} if len(command) <= _MAX_CHARS:
            yield from place.record("read", command=command, by=by)
        case _:
            raise ValueError("there is no such request")
