"""Machines other than this one, as far as a plan is chosen by what they offer: each takes away what
they lack, so that what is taken there instead runs here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from tracer.probe.caps import Caps, Seen

_LEFT_OUT: Final = Seen(False, "left out by the test")


def without_tracefs(caps: Caps) -> Caps:
    """Where every system call is looked at by raw tracepoints."""
    return replace(caps, tracefs=_LEFT_OUT)


def preemptible(caps: Caps) -> Caps:
    """Where raw tracepoints are preemptible, and perf's of single system calls: new kernels."""
    left_out = {
        way: _LEFT_OUT
        for way in caps.targets
        if way[0] == "raw_tracepoint" or way[1].startswith("syscalls:")
    }
    return replace(caps, targets={**caps.targets, **left_out})


RAW_SYSCALLS: Final = "raw_syscalls"
VARIANTS: Final[Mapping[str, Callable[[Caps], Caps]]] = {
    RAW_SYSCALLS: without_tracefs,
    "perf_tracepoints": preemptible,
}
"""Of the tracepoint plan, by the names that TTYTRACE_PLAN has for them."""
