"""The records that are about the log itself, to JSON and back.

Invariant: only these have `ttytrace.log`, so a captured byte can't make an event look like one.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.model.sealed import Stamp

MAX_LINE_BYTES: Final = 1 << 20
"""Of a record, its newline counted; no event comes near (cf. correlate's 64 KiB of output)."""


def control(action: str, stamp: Stamp, **fields: Any) -> Fields:
    """A record about the log; its `event.sequence` is set when it gets its place."""
    return {
        "@timestamp": timestamp(stamp.wall_ns),
        "event": {
            "kind": "event",
            "category": ["configuration"],
            "type": ["info"],
            "action": action,
        },
        "ttytrace": {"boottime_ns": stamp.boot_ns, "log": fields},
    }


def parse(line: bytes) -> Fields:
    """A record's JSON object; ValueError if the line is none."""
    event = orjson.loads(line)
    if not isinstance(event, dict):
        raise ValueError("this is not a JSON object")
    return event


def log_part(event: Fields) -> tuple[str, Fields] | None:
    """The action and the `ttytrace.log` of a record about the log; None for events."""
    match event:
        case {"event": {"action": str(action)}, "ttytrace": {"log": dict(fields)}}:
            return action, fields
    return None
