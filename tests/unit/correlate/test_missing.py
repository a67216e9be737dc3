"""Records that never arrived."""

from __future__ import annotations

import pytest

from tracer.correlate.missing import lost_of
from tracer.model import abi
from tracer.model.events import Missing
from tracer.model.findings import Lost


@pytest.mark.parametrize(("kind", "name"), [(abi.KIND_EXEC, "exec"), (15, "unknown")])
def test_it_is_told_what_they_were(kind: int, name: str) -> None:
    """And how many."""
    lost = Lost(5, name, "ring full", 3, None, None, None, None)
    assert lost_of(Missing(5, kind, 0, 3)) == lost
