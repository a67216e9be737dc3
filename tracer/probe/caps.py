"""What a machine offers, as booleans with what was seen.

Invariant: a value comes from looking or trying (survey.py), never from a version number. What
could not be looked at is None, and counts as not there. No I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tracer.probe.catalog import Kind, Way


class Seen(NamedTuple):
    """Whether a feature is there (None: could not be looked at), and what was seen."""

    ok: bool | None
    detail: str


UNTRIED: Final = Seen(None, "only root can try")


@dataclass(frozen=True)
class Caps:
    """What was seen of each feature; `targets` by (kind, target) of a Way."""

    root: Seen
    capabilities: Seen
    btf: Seen
    bpf: Seen = UNTRIED
    kernel_memory: Seen = UNTRIED
    ring_buffer: Seen = UNTRIED
    locked_memory: Seen = UNTRIED
    mmapable_array: Seen = UNTRIED
    kprobe: Seen = UNTRIED
    fentry: Seen = UNTRIED
    tracefs: Seen = UNTRIED
    task_registers: Seen = UNTRIED
    targets: Mapping[tuple[Kind, str], Seen] = field(default_factory=dict)

    def obstacle(self, way: Way) -> str | None:
        """Why a way can't be taken, as a phrase; None if it can."""
        for seen in (*self._features(way), self.targets.get((way.kind, way.target), UNTRIED)):
            if not seen.ok:
                return seen.detail
        return None

    def _features(self, way: Way) -> tuple[Seen, ...]:
        match way.kind:
            case "kprobe" | "kretprobe":
                return (self.kprobe,)
            case "fentry" | "fexit":
                return (self.fentry,)
            case "tracepoint":
                return (self.tracefs, self.task_registers)
            case "raw_tracepoint":
                return ()
