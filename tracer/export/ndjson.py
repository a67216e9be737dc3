"""The events of a recording, one JSON object a line.

Invariant: each has `at`, in seconds since the beginning, and `event`, its kind; what isn't known is
absent. What was shown and typed is exact: `data` where it is UTF-8, else `data_base64`. The lines
are printable; it is for programs, and whoever prints a field decoded, escapes it.
"""

from __future__ import annotations

import base64
from typing import Any, BinaryIO, Final

import orjson

from tracer.codec.safe import safe_json
from tracer.export.excerpt import Excerpt
from tracer.replay.recording import Event, Hand
from tracer.screen.screen import Screen

_SECOND_NS: Final = 1_000_000_000


def write(excerpt: Excerpt, out: BinaryIO) -> None:
    """All of them, in order, with the fields of replay/recording.py; times in seconds."""
    for event in excerpt.events:
        out.write(safe_json(orjson.dumps(_object(event))).encode() + b"\n")


def _object(event: Event) -> dict[str, Any]:
    written: dict[str, Any] = {"event": type(event).__name__.lower()}
    for name, value in event._asdict().items():
        if name != "before":  # what other events have told
            written |= _field(name, value)
    return written


def _field(name: str, value: object) -> dict[str, Any]:
    match value:
        case bytes():
            return _captured(name, value)
        case str():
            return {name: value.encode(errors="replace").decode()}
        case int() if name.endswith("_ns"):
            return {name.removesuffix("_ns"): round(value / _SECOND_NS, 6)}
        case tuple():
            return {name: [_hand(hand) for hand in value]}
        case Screen(columns=columns, rows=rows):
            lines = [row.text() for row in value.lines]
            return {name: {"columns": columns, "rows": rows, "lines": lines}}
    return {} if value is None else {name: value}


def _captured(name: str, data: bytes) -> dict[str, str]:
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}


def _hand(hand: Hand) -> dict[str, Any]:
    return {key: value for key, value in hand._asdict().items() if value is not None}
