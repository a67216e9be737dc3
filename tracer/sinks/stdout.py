"""Lines of JSON to the standard output that the service was started with.

Invariant: what is not plainly visible is a JSON escape, as it may be a terminal; the values are the
same. A line that was begun is ended before another begins, however often that failed; one that a
killed worker began is not known here, so the first write ends whatever was there.
"""

from __future__ import annotations

import os
import select
from typing import Final

from tracer.codec.safe import safe_json
from tracer.sinks.driver import WAIT_S, Record

_CHUNK_BYTES: Final = select.PIPE_BUF  # so much can be written when poll(2) says that any can


class Stdout:
    """The descriptor `fd`, which stays open: close() and go on. A reader that has gone is
    BrokenPipeError, one that doesn't read TimeoutError."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._begun = -1
        self._rest = b"\n"

    def send(self, record: Record) -> None:
        """Takes a record, and passes it on."""
        if record.sequence != self._begun:
            self._rest += safe_json(record.line).encode()
            self._begun = record.sequence
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        while self._rest:
            if not poll.poll(WAIT_S * 1000):
                raise TimeoutError("standard output is not read")
            self._rest = self._rest[os.write(self._fd, self._rest[:_CHUNK_BYTES]) :]

    def flush(self) -> None:
        """Nothing waits here."""

    def unsettled(self) -> int | None:
        """All is in the pipe, or the file."""
        return None

    def close(self) -> None:
        """The descriptor is for the next time, too."""
