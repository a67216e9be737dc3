"""Caps: what stands in the way of an attachment."""

from __future__ import annotations

import pytest

from tracer.probe.caps import Caps, Seen
from tracer.probe.catalog import Kind, Way

YES, NO, UNKNOWN = Seen(True, "yes"), Seen(False, "no"), Seen(None, "unknown")
KINDS: list[tuple[Kind, tuple[str, ...]]] = [
    ("kprobe", ("kprobe",)),
    ("fentry", ("fentry",)),
    ("fexit", ("fentry",)),
    ("tracepoint", ("tracefs", "task_registers")),
]


def caps(targets: dict[tuple[Kind, str], Seen], **features: Seen) -> Caps:
    return Caps(root=YES, capabilities=YES, btf=YES, targets=targets, **features)


@pytest.mark.parametrize(("kind", "needs"), KINDS)
def test_a_kind_needs_its_features(kind: Kind, needs: tuple[str, ...]) -> None:
    """Each missing or unknown feature stands in the way, with its own reason."""
    way, there = Way(kind, "f", "p"), {(kind, "f"): YES}
    features = dict.fromkeys(needs, YES)
    assert caps(there, **features).obstacle(way) is None
    for name in needs:
        assert caps(there, **{**features, name: NO}).obstacle(way) == "no"
        assert caps(there, **{**features, name: UNKNOWN}).obstacle(way) == "unknown"


def test_the_target_must_be_there() -> None:
    """A feature is not enough: the function itself must have been seen."""
    way = Way("kprobe", "f", "p")
    assert caps({("kprobe", "f"): NO}, kprobe=YES).obstacle(way) == "no"
    assert caps({("fentry", "f"): YES}, kprobe=YES).obstacle(way) == "only root can try"


def test_raw_tracepoints_need_themselves_only() -> None:
    """A raw tracepoint that was attached to can be had, whatever else can't."""
    way = Way("raw_tracepoint", "sys_exit", "p")
    assert caps({("raw_tracepoint", "sys_exit"): YES}).obstacle(way) is None
    assert caps({}).obstacle(way) == "only root can try"
