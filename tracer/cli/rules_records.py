"""Records that somebody wrote down for rules: what a test, or a question, needs and no more.

Invariant: what comes out can be fed to rules as records of the log are: each one says when it was,
where it stands, and that it is an event.
"""

from __future__ import annotations

from typing import Final

import orjson

from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp

_BEGIN_NS: Final = 1_800_000_000_000_000_000
_SECOND_NS: Final = 1_000_000_000


def records_of(line: bytes) -> list[Fields]:
    """Those of a line: one, or a list of them. ValueError says why it has none."""
    try:
        value = orjson.loads(line)
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    records = value if isinstance(value, list) else [value]
    if not records or not all(isinstance(record, dict) for record in records):
        raise ValueError("it is neither a record nor a list of records")
    return records


def whole(record: Fields, nth: int) -> Fields:
    """With what it doesn't say: that it was a second after the one before, the `nth`."""
    after_ns = nth * _SECOND_NS
    defaults: Fields = {
        "@timestamp": timestamp(_BEGIN_NS + after_ns),
        "event": {"kind": "event", "sequence": nth},
        "ttytrace": {"boottime_ns": after_ns},
    }
    return defaults | {
        name: defaults[name] | value if name in defaults and isinstance(value, dict) else value
        for name, value in record.items()
    }
