"""Recordings of tlog: JSON messages, one a line, as tlog-rec writes to a file and to a log.

Format: tlog's doc/log_format.md, versions 1 and 2. Where a file has messages of several recordings,
the first one's are read. Messages that are missing, and text that a message lacks, are Gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tracer.replay.recording import Event, Gap, Output, Resized, Typed
from tracer.replay.source import (
    DEFAULT_SIZE,
    Line,
    Place,
    Source,
    Step,
    damage,
    later,
    parsed,
    size_of,
    start_of,
)

_RECORD: Final = re.compile(
    r"\+(?P<delay>[0-9]{1,15})"
    r"|=(?P<columns>[0-9]{1,6})x(?P<rows>[0-9]{1,6})"
    r"|(?P<text>[<>])(?P<chars>[0-9]{1,9})"
    r"|(?P<binary>[\[\]])(?P<marks>[0-9]{1,9})/(?P<bytes>[0-9]{1,9})"
)


class Tlog:
    """`first`: the first message of it. Its places count messages, by the last one's number."""

    def __init__(self, source: Source, first: dict[str, Any]) -> None:
        self._source = source
        self._key = _key(first)
        self.columns, self.rows = _first_size(first) or DEFAULT_SIZE
        self.title = _title(first) or source.path.name
        self.start_ns = _start(first)
        self.beginning = Place(0, 0, 0)

    def close(self) -> None:
        """Closes its file."""
        self._source.close()

    def steps(self, place: Place) -> Iterator[Step]:
        """All from there on."""
        _, number, at_ns, passed = place
        for line in self._source.lines(place.offset):
            number += 1
            message = parsed(line.data)
            if isinstance(message, dict) and self._is_next(message, passed):
                missing = _missing(message, at_ns, passed)
                yield Step(missing, None)
                passed = message["id"]
                for event in _events(message, at_ns, number):
                    at_ns = event.at_ns
                    yield Step((event,), None)
            elif not isinstance(message, dict) and line.data.strip():
                yield Step((damage(at_ns, number, line),), None)
            yield Step((), Place(line.end, number, at_ns, passed))

    def _is_next(self, message: dict[str, Any], passed: int) -> bool:
        number = message.get("id")
        return isinstance(number, int) and number > passed and _key(message) == self._key


class _Stream:
    """Input or output of one message: its text, and the bytes of it that were no characters."""

    def __init__(self, text: object, binary: object) -> None:
        if not isinstance(text, str) or not isinstance(binary, list):
            raise ValueError(text)
        self._text, self._binary = text, bytes(binary)
        self._chars = self._bytes = 0

    def text(self, size: int) -> bytes:
        """The next so many characters. Raises ValueError where there are less."""
        begin, self._chars = self._chars, self._chars + size
        if self._chars > len(self._text):
            raise ValueError(size)
        return self._text[begin : self._chars].encode()

    def binary(self, marks: int, size: int) -> bytes:
        """The next so many bytes, for which `marks` characters stand in the text."""
        self.text(marks)
        begin, self._bytes = self._bytes, self._bytes + size
        if self._bytes > len(self._binary):
            raise ValueError(size)
        return self._binary[begin : self._bytes]

    def check_end(self) -> None:
        """Raises ValueError where there is more than was asked for."""
        if (self._chars, self._bytes) != (len(self._text), len(self._binary)):
            raise ValueError(self._chars)


def tlog(source: Source, first: Line) -> Tlog | None:
    """The recording, if the file's first line is a message of one. Raises BadRecording where its
    version isn't known."""
    message: Any = parsed(first.data)
    match message:
        case {"ver": str() | int() as version, "timing": str(), "id": int()}:
            if str(version).partition(".")[0] not in {"1", "2"}:
                raise source.bad(1, f"tlog {version} is not known here")
            return Tlog(source, message)
    return None


def _events(message: dict[str, Any], at_ns: int, number: int) -> Iterator[Event]:
    try:
        at_ns = later(at_ns, _seconds(message.get("pos")), is_interval=False)
        streams = {
            way: _Stream(message.get(f"{way}_txt", ""), message.get(f"{way}_bin", []))
            for way in ("in", "out")
        }
        for found in _records(message.get("timing")):
            if delay := found["delay"]:
                at_ns = later(at_ns, _seconds(int(delay)), is_interval=True)
            else:
                yield _event(found, at_ns, streams)
        for stream in streams.values():
            stream.check_end()
    except (ValueError, TypeError):
        yield Gap(at_ns, None, None, f"line {number} can't be read as it should")


def _records(timing: object) -> Iterator[re.Match[str]]:
    if not isinstance(timing, str):
        raise ValueError(timing)
    position = 0
    while position < len(timing):
        found = _RECORD.match(timing, position)
        if found is None:
            raise ValueError(timing)
        position = found.end()
        yield found


def _event(found: re.Match[str], at_ns: int, streams: dict[str, _Stream]) -> Event:
    if found["columns"]:
        size = size_of(int(found["columns"]), int(found["rows"]))
        if size is None:
            raise ValueError(found)
        return Resized(at_ns, *size)
    is_input = (found["text"] or found["binary"]) in {"<", "["}
    stream = streams["in" if is_input else "out"]
    if found["text"]:
        data = stream.text(int(found["chars"]))
    else:
        data = stream.binary(int(found["marks"]), int(found["bytes"]))
    return Typed(at_ns, len(data), data, ()) if is_input else Output(at_ns, data)


def _missing(message: dict[str, Any], at_ns: int, passed: int) -> tuple[Gap, ...]:
    begin, end = passed + 1, message["id"] - 1
    if begin > end:
        return ()
    what = f"message {begin} is" if begin == end else f"messages {begin} to {end} are"
    return (Gap(at_ns, None, None, f"{what} missing"),)


def _key(message: dict[str, Any]) -> tuple[object, ...]:
    return tuple(message.get(name) for name in ("host", "rec", "user", "session"))


def _seconds(ms: object) -> float:
    if isinstance(ms, bool) or not isinstance(ms, int | float):
        raise ValueError(ms)
    return ms / 1000


def _start(message: dict[str, Any]) -> int | None:
    try:
        return start_of(message.get("time", 0) - _seconds(message.get("pos")))
    except (ValueError, TypeError):
        return None


def _first_size(message: dict[str, Any]) -> tuple[int, int] | None:
    found = _RECORD.match(message["timing"])
    return size_of(int(found["columns"]), int(found["rows"])) if found and found["rows"] else None


def _title(message: dict[str, Any]) -> str:
    parts = (message.get("user"), message.get("host"))
    return " on ".join(part for part in parts if isinstance(part, str) and part)
