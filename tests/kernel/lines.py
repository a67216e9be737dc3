"""Findings as lines of JSON, there and back: what the traced process hands to the test.

Invariant: `from_line(to_line(x)) == x` for findings and Totals. The product's own format is
codec's; these tests compare findings, so that a fault of the format can't hide one of capture.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import orjson

from tracer.model import capture, context, events, findings
from tracer.model.findings import Finding


class Totals(NamedTuple):
    """Of a whole run, by kind: numbers that the kernel half gave out, and records that arrived."""

    plan: str
    produced: dict[str, int]
    arrived: dict[str, int]


_CLASSES = {
    name: value
    for module in (events, context, capture, findings)
    for name, value in vars(module).items()
    if isinstance(value, type) and hasattr(value, "_fields")
} | {"Totals": Totals}


def to_line(value: Finding | Totals) -> bytes:
    """One line."""
    return orjson.dumps(value, default=_plain) + b"\n"


def from_line(line: bytes) -> Any:
    """What made the line."""
    return _restored(orjson.loads(line))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if hasattr(value, "_asdict"):
        return {"class": type(value).__name__, **value._asdict()}
    raise TypeError(type(value))


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_restored, value))
    if not isinstance(value, dict):
        return value
    if "base64" in value:
        return base64.b64decode(value["base64"])
    fields = {name: _restored(field) for name, field in value.items() if name != "class"}
    return _CLASSES[value["class"]](**fields) if "class" in value else fields
