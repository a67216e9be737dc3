"""Recordings of asciinema: asciicast v1 (one JSON document), v2 and v3 (a line for each event).

Formats: docs.asciinema.org/manual/asciicast. A line that can't be read is a Gap, and what follows
it is played; events of unknown kinds are passed over, as the formats ask for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from tracer.replay.recording import Event, Gap, Mark, Output, Resized, Typed
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

_MAX_DOCUMENT: Final = 16 << 20  # of v1, which is held as a whole
_V1: Final = re.compile(rb'\s*\{[^\[\]]*"version"\s*:\s*1\b')
_SIZE: Final = re.compile(r"([0-9]{1,6})x([0-9]{1,6})")


class Asciicast:
    """v2 and v3. `header`: the first line, which has one of these versions; it ends at `end`."""

    def __init__(self, source: Source, header: dict[str, Any], end: int) -> None:
        self._source = source
        self._is_v3 = header["version"] == 3
        place = header.get("term") if self._is_v3 else header
        names = ("cols", "rows") if self._is_v3 else ("width", "height")
        self.columns, self.rows = _size(place, names)
        self.title = _title(source, header)
        self.start_ns = start_of(header.get("timestamp"))
        self.beginning = Place(end, 1, 0)

    def close(self) -> None:
        """Closes its file."""
        self._source.close()

    def steps(self, place: Place) -> Iterator[Step]:
        """All from there on."""
        _, number, at_ns, _ = place
        for line in self._source.lines(place.offset):
            number += 1
            events: tuple[Event | Mark, ...] = ()
            try:
                if not self._is_passed_over(line.data):
                    at_ns, code, data = self._parts(line.data, at_ns)
                    events = tuple(make(at_ns, data) for make in _EVENTS.get(code, ()))
            except ValueError:
                events = (damage(at_ns, number, line),)
            yield Step(events, Place(line.end, number, at_ns))

    def _is_passed_over(self, data: bytes) -> bool:
        return not data.strip() or (self._is_v3 and data.startswith(b"#"))

    def _parts(self, data: bytes, at_ns: int) -> tuple[int, str, object]:
        match parsed(data):
            case [time, str(code), shown, *_]:
                return later(at_ns, time, is_interval=self._is_v3), code, shown
        raise ValueError(data)


class AsciicastV1:
    """A document of one piece; its places count frames."""

    beginning = Place(0, 0, 0)

    def __init__(self, source: Source, document: dict[str, Any]) -> None:
        self._source = source
        frames = document.get("stdout")
        self._frames: list[Any] = frames if isinstance(frames, list) else []
        self.columns, self.rows = _size(document, ("width", "height"))
        self.title = _title(source, document)
        self.start_ns: int | None = None

    def close(self) -> None:
        """Closes its file."""
        self._source.close()

    def steps(self, place: Place) -> Iterator[Step]:
        """All from there on."""
        at_ns = place.at_ns
        for number in range(place.offset, len(self._frames)):
            event: Event
            try:
                time, data = self._frames[number]
                at_ns = later(at_ns, time, is_interval=True)
                event = _output(at_ns, data)
            except (ValueError, TypeError):
                event = Gap(at_ns, None, None, f"frame {number + 1} can't be read")
            yield Step((event,), Place(number + 1, 0, at_ns))


def asciicast(source: Source, first: Line) -> Asciicast | AsciicastV1 | None:
    """The recording, if the file's first line begins one. Raises BadRecording where it does, and
    can't be read."""
    header: Any = parsed(first.data)
    match header:
        case {"version": 2 | 3}:
            return Asciicast(source, header, first.end)
        case {"version": int(version)} if version > 3:
            raise source.bad(1, f"asciicast {version} is not known here")
    return _v1(source)


def _v1(source: Source) -> AsciicastV1 | None:
    if not _V1.match(source.read(0, 4096)):
        return None
    if source.size > _MAX_DOCUMENT:
        raise source.bad(0, f"as asciicast v1 it is over {_MAX_DOCUMENT >> 20} MiB")
    document = parsed(source.read(0, _MAX_DOCUMENT))
    if not isinstance(document, dict):
        raise source.bad(0, "this asciicast v1 is damaged")
    return AsciicastV1(source, document)


def _size(place: object, names: tuple[str, str]) -> tuple[int, int]:
    if not isinstance(place, dict):
        return DEFAULT_SIZE
    return size_of(*(place.get(name) for name in names)) or DEFAULT_SIZE


def _title(source: Source, header: dict[str, Any]) -> str:
    title = header.get("title") or header.get("command")
    return title if isinstance(title, str) else source.path.name


def _output(at_ns: int, data: object) -> Output:
    return Output(at_ns, _bytes(data))


def _typed(at_ns: int, data: object) -> Typed:
    typed = _bytes(data)
    return Typed(at_ns, len(typed), typed, ())


def _resized(at_ns: int, data: object) -> Resized:
    found = _SIZE.fullmatch(data) if isinstance(data, str) else None
    size = size_of(int(found[1]), int(found[2])) if found else None
    if size is None:
        raise ValueError(data)
    return Resized(at_ns, *size)


def _marker(at_ns: int, data: object) -> Mark:
    if not isinstance(data, str):
        raise ValueError(data)
    return Mark(at_ns, "marker", data)


def _bytes(data: object) -> bytes:
    if not isinstance(data, str):
        raise ValueError(data)
    return data.encode()


_EVENTS: Final[dict[str, tuple[Callable[[int, object], Event | Mark]]]] = {
    "o": (_output,),
    "i": (_typed,),
    "r": (_resized,),
    "m": (_marker,),
}
