"""Records that never arrived, as what is told of them."""

from __future__ import annotations

from tracer.model import abi
from tracer.model.events import Missing
from tracer.model.findings import Lost


def lost_of(record: Missing) -> Lost:
    """For all but output, of which the offsets say more."""
    kind = abi.KIND_NAMES.get(record.kind, "unknown")
    return Lost(record.ktime_ns, kind, "ring full", record.records, None, None, None, None)
