"""A file of somebody else's recording, read in pieces of bounded size; and what is told of it.

Invariant: nothing but a regular file is read, never more than one line of it is held, and a file
that grows or shrinks meanwhile only ends elsewhere. What the lines mean is for import_*.py.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import orjson

from tracer.errors import BadRecording
from tracer.replay.recording import Event, Gap, Mark
from tracer.screen.screen import LARGEST

MAX_FILE: Final = 4 << 30
MAX_LINE: Final = 4 << 20
MAX_NS: Final = 10 * 366 * 86_400 * 1_000_000_000  # of a recording
DEFAULT_SIZE: Final = (80, 24)
_BLOCK: Final = 1 << 18
_SECOND_NS: Final = 1_000_000_000


class Line(NamedTuple):
    """`data` is without its newline. `is_whole` where it has one, and is no longer than MAX_LINE;
    of a longer one `data` is the beginning. `end`: where the next one begins."""

    data: bytes
    is_whole: bool
    end: int


class Place(NamedTuple):
    """Where a recording can be read on: in its file of lines, how many lines are before, the time
    so far. `passed`: what its format counts besides."""

    offset: int
    line: int
    at_ns: int
    passed: int = 0


class Step(NamedTuple):
    """What comes next in a recording, and where it goes on; None in the midst of a line."""

    events: tuple[Event | Mark, ...]
    place: Place | None


class Reader(Protocol):
    """What import_*.py makes of a file. `title` is hostile."""

    title: str
    columns: int
    rows: int
    start_ns: int | None
    beginning: Place

    def steps(self, place: Place) -> Iterator[Step]:
        """All from there on; what can't be read is a Gap."""
        ...

    def close(self) -> None:
        """Closes its files."""
        ...


class Source:
    """One open file. Raises BadRecording where it is none that could hold a recording."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # Not blocking: a FIFO without a writer would keep us for ever.
            self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise self.bad(0, getattr(error, "strerror", None) or str(error)) from None
        self.size = self._checked_size()

    def _checked_size(self) -> int:
        status = os.fstat(self._fd)
        reason = None
        if not stat.S_ISREG(status.st_mode):
            reason = "this is no regular file"
        elif status.st_size > MAX_FILE:
            reason = f"it is over {MAX_FILE >> 30} GiB"
        if reason:
            self.close()
            raise self.bad(0, reason)
        return status.st_size

    def close(self) -> None:
        """Nothing can be read any more."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            self.close()

    def bad(self, line: int, reason: str) -> BadRecording:
        """To be raised; `line` 0: the file as a whole."""
        place = f"{self.path}, line {line}" if line else f"{self.path}"
        return BadRecording(place=place, reason=reason)

    def read(self, offset: int, size: int) -> bytes:
        """As many bytes of it as there are, at most `size`."""
        try:
            return os.pread(self._fd, min(size, max(0, self.size - offset)), offset)
        except OSError as error:
            raise self.bad(0, error.strerror or str(error)) from None

    def lines(self, offset: int = 0) -> Iterator[Line]:
        """From this offset on, where a line must begin."""
        held, at, is_long = b"", offset, False
        while block := self.read(at, _BLOCK):
            at += len(block)
            *whole, rest = block.split(b"\n")
            for data in whole:
                line, held = held + data, b""
                offset += len(data) + 1
                yield Line(line[:MAX_LINE], not is_long and len(line) <= MAX_LINE, offset)
                is_long = False
            offset += len(rest)
            held += rest
            if len(held) > MAX_LINE:
                held, is_long = held[:MAX_LINE], True
        if held:
            yield Line(held, False, offset)


def parsed(data: bytes) -> object:
    """A line of JSON; None where it is none. A byte that isn't UTF-8 becomes U+FFFD."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(data.decode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        return None


def later(at_ns: int, seconds: object, *, is_interval: bool) -> int:
    """The time after `at_ns` that a file's number of seconds names, counted from the beginning or,
    `is_interval`, from then. One that goes back stays. Raises ValueError where it is no time that
    a recording can have."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError(seconds)
    if not 0 <= seconds <= MAX_NS / _SECOND_NS:  # no NaN is
        raise ValueError(seconds)
    ns = round(seconds * _SECOND_NS)
    after = at_ns + ns if is_interval else max(at_ns, ns)
    if after > MAX_NS:
        raise ValueError(seconds)
    return after


def start_of(seconds: object) -> int | None:
    """A file's seconds since 1970, as nanoseconds; None where that is no moment of these days."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return round(seconds * 1e6) * 1000 if 0 < seconds < 1 << 33 else None


def size_of(columns: object, rows: object) -> tuple[int, int] | None:
    """A terminal's size; None where no terminal has it."""
    if not isinstance(columns, int) or not isinstance(rows, int):
        return None
    return (int(columns), int(rows)) if 0 < columns <= LARGEST and 0 < rows <= LARGEST else None


def damage(at_ns: int, line: int, data: Line) -> Gap:
    """In the place of a line that can't be read."""
    if data.is_whole:
        reason = f"line {line} can't be read"
    elif len(data.data) < MAX_LINE:
        reason = f"the file ends within line {line}"
    else:
        reason = f"line {line} is over {MAX_LINE >> 20} MiB"
    return Gap(at_ns, None, None, reason)
