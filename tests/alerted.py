"""Alerts as `ttytrace run` stores them, without rules."""

from __future__ import annotations

from typing import Any

from tests.samples import SECOND
from tracer.codec.moment import timestamp, wall_ns
from tracer.detect.alerts import Alert, alert_fields
from tracer.detect.rule import About, Level, Place

ABOUT = About(
    key="looks", place=Place("/etc/ttytrace/rules/look.yml", 1), title="Somebody looks",
    level=Level.HIGH, version="0123456789ab", tags=("attack.t1083",),
)  # fmt: skip


def alert_on(event: dict[str, Any], *, about: About = ABOUT, repeated: int = 0) -> dict[str, Any]:
    """The alert that this record raised, a second later."""
    cause_ns = wall_ns(event["@timestamp"])
    sequence = event["event"].get("sequence", 0)
    fields = alert_fields(Alert(about, (sequence,), cause_ns, event, {}, repeated))
    ours = {"boottime_ns": event["ttytrace"]["boottime_ns"] + SECOND} | fields["ttytrace"]
    return {"@timestamp": timestamp(cause_ns + SECOND)} | fields | {"ttytrace": ours}
