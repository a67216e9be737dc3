"""A stretch in which not everything could be written: what may still be kept, what was not.

Invariant: whatever is turned away is counted, and the `gap` record that ends the stretch says so.
"""

from __future__ import annotations

import errno
from typing import Final

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import control, log_part
from tracer.codec.moment import timestamp
from tracer.model.sealed import Stamp
from tracer.settings import WhenFull

_SHOWN: Final = ("text_output", "client_output")
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT}


def is_full(error: OSError) -> bool:
    """Whether the disk, or our share of it, is full; else it is broken."""
    return error.errno in _NO_ROOM


class Outage:
    """Begins with the error of a write."""

    def __init__(self, error: OSError, since: Stamp, when_full: WhenFull) -> None:
        self._reason = "disk-full" if is_full(error) else "io-error"
        self.error: Final = errno.errorcode.get(error.errno or 0, str(error.errno))
        """By its name."""
        self._since = since
        self._policy = when_full
        self.is_full = False
        """Whether the disk is full, so that what settings say holds."""
        self._records = 0
        self._bytes = 0

    def admit(self, events: list[Fields], room: int) -> list[Fields]:
        """Those that may be kept, while so many bytes of memory are left for them; the others are
        counted."""
        kept = []
        for event in events:
            size = len(orjson.dumps(event))
            if size <= room and self._wants(event):
                kept.append(event)
                room -= size
            else:
                self._records += 1
                self._bytes += size
        return kept

    def gap(self, now: Stamp) -> Fields:
        """The record of it."""
        return control(
            "gap",
            now,
            reason=self._reason,
            error=self.error,
            **{"from": timestamp(self._since.wall_ns), "to": timestamp(now.wall_ns)},
            records=self._records,
            bytes=self._bytes,
        )

    def _wants(self, event: Fields) -> bool:
        if not self.is_full or log_part(event) is not None:
            return True
        return self._policy is WhenFull.DROP_OUTPUT and event["event"]["action"] not in _SHOWN
