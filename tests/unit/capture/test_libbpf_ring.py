"""The reader for other machines brings what the one for this machine brings."""

from __future__ import annotations

import pytest

from tests.unit.capture.tiny import DISCARD, Tiny
from tracer.capture.libbpf_ring import LibbpfRings

pytestmark = pytest.mark.kernel


def test_records_come_in_order_and_once(tiny: Tiny) -> None:
    """Each drain has what was sent since the last one, without what was discarded."""
    rings = LibbpfRings([tiny.map_fd("ring")])
    for start in (1, 100, 200):
        for fill in range(start, start + 5):
            tiny.send(16 + fill, fill)
            tiny.send(DISCARD)
        (batch,) = rings.take()
        assert [size for _, size in batch.spans] == [16 + n for n in range(start, start + 5)]
        fills = [int.from_bytes(batch.data[at : at + 8], "little") for at, _ in batch.spans]
        assert fills == list(range(start, start + 5))
    (nothing,) = rings.take()
    assert nothing.spans == []
    rings.close()
