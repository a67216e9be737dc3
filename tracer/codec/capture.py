"""A picture of a pane's screen as the fields of `tmux.capture`, and back.

Invariant: every field is a claim, by the name under which `claimed` gives it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.codec.identity import Fields, known
from tracer.codec.text import bytes_of, text_of
from tracer.model.capture import Capture, Cursor, Modes

_NAME: Final = "tmux.capture"


def fields_of(capture: Capture) -> Fields:
    """What stands under `tmux.capture`."""
    cursor, modes = capture.cursor, capture.modes
    fields: Fields = {
        "columns": capture.columns,
        "rows": capture.rows,
        "cursor": {"row": cursor.row, "column": cursor.column, "visible": modes.is_cursor_visible},
        "insert": modes.inserts,
        "origin": modes.is_origin,
        "wrap": modes.wraps,
        "region": {"top": capture.top, "bottom": capture.bottom},
        "tabs": list(capture.tabs),
        **_text(capture.text),
    }
    if capture.saved_text is not None:
        at = capture.saved_cursor
        where = {} if at is None else {"row": at.row, "column": at.column}
        fields["saved"] = _text(capture.saved_text) | where
    return fields


def claimed(fields: Fields, name: str = _NAME) -> Iterator[str]:
    """The names of all fields of a picture."""
    for part, value in fields.items():
        if isinstance(value, dict):
            yield from claimed(value, f"{name}.{part}")
        else:
            yield f"{name}.{part}"


def capture_of(fields: Fields) -> Capture:
    """The picture again. KeyError, TypeError for what is none."""
    cursor, region, saved = fields["cursor"], fields["region"], fields.get("saved")
    return Capture(
        fields["columns"],
        fields["rows"],
        Cursor(cursor["row"], cursor["column"]),
        Modes(cursor["visible"], fields["insert"], fields["origin"], fields["wrap"]),
        region["top"],
        region["bottom"],
        tuple(fields["tabs"]),
        bytes_of(fields, "text", fields, "text_base64"),
        None if saved is None else bytes_of(saved, "text", saved, "text_base64"),
        Cursor(saved["row"], saved["column"]) if saved and "row" in saved else None,
    )


def _text(rows: bytes) -> Fields:
    text, exact = text_of(rows)
    return {"text": text} | known(text_base64=exact)
