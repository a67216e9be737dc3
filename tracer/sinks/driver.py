"""What a place that events go to has to offer. Which there are: the other files of this room.

Invariant: a driver is used by one thread, which may wait for it; what it was given comes to its
place once for each time that it is given.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from tracer.codec.identity import Fields

WAIT_S: Final = 10.0
"""How long a place may take for anything, until it is taken for one that hangs."""


class Record(NamedTuple):
    """A record of the log: its index, its line with the newline, and what the line says."""

    sequence: int
    line: bytes
    event: Fields


class Unusable(OSError):
    """A place that is no use until somebody changes something: the sentence says what."""

    def __str__(self) -> str:
        return str(self.args[0])


class Driver(Protocol):
    """An open place. Methods raise OSError; then it is closed, and a new one gets again what had
    not settled."""

    def send(self, record: Record) -> None:
        """Takes a record, which may wait here for flush()."""

    def flush(self) -> None:
        """Passes on all that was taken; called each second at least."""

    def unsettled(self) -> int | None:
        """The index of the first record that was taken and may still be lost; None: no one."""

    def close(self) -> None:
        """Gives it up."""


def reason_of(error: OSError) -> str:
    """Why it failed, in words."""
    text = error.strerror or str(error) or type(error).__name__
    return f"{text}: {error.filename}" if error.filename else text
