"""Records and their views, for the tests of rules."""

from __future__ import annotations

from typing import Any

import orjson

from tests.samples import HOST, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.detect.view import LogSource, View
from tracer.detect.views import Views
from tracer.model.findings import Finding
from tracer.model.sealed import Stamp

ENCODER = Encoder(HOST, names, FixedClock())


def record(finding: Finding) -> dict[str, Any]:
    """The record that the log has of it, as whoever follows the log reads it."""
    event: dict[str, Any] = orjson.loads(orjson.dumps(ENCODER.encode(finding)))
    return event


def said(action: str, **fields: Any) -> dict[str, Any]:
    """A record about the log."""
    return control(action, Stamp(0, FixedClock().boot_ns), **fields)


def only(source: LogSource, *findings: Finding, views: Views | None = None) -> View:
    """The one view of this source that these have."""
    views = views or Views(wants_output=True)
    found = [view for finding in findings for view in views.feed(record(finding))]
    (view,) = [view for view in found if view.source == source]
    return view
