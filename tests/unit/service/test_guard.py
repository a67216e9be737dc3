"""The guard: what is told, and how often."""

from __future__ import annotations

from tracer.service.guard import _PERIOD_NS, Guard


class Kernel:
    """What somebody else changed."""

    def __init__(self) -> None:
        self.gone: list[int] = []
        self.rings: dict[str, int] = {}

    def mend(self) -> list[int]:
        gone, self.gone = self.gone, []
        return gone

    def moved(self) -> dict[str, int]:
        return self.rings


def test_each_change_is_told_once() -> None:
    """At the next look; where nothing was changed, nothing is said."""
    said: list[tuple[str, dict[str, object]]] = []
    kernel = Kernel()
    guard = Guard(kernel, lambda action, **fields: said.append((action, fields)))
    guard.turn(0)
    kernel.gone, kernel.rings = [4711], {"bulk": 1}
    guard.turn(_PERIOD_NS - 1)
    assert said == []
    guard.turn(_PERIOD_NS)
    guard.turn(2 * _PERIOD_NS)
    assert said == [
        ("watch", {"changed": "lineage", "server": 4711, "mended": True}),
        ("watch", {"changed": "ring", "ring": "bulk", "mended": True}),
    ]
    kernel.rings = {"bulk": 2}
    guard.turn(3 * _PERIOD_NS)
    assert said[2:] == [("watch", {"changed": "ring", "ring": "bulk", "mended": True})]
