"""What outsiders and accidents tried on whole logs, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.written import Written, note
from tracer.seal.report import Verdict


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    written = Written(tmp_path)
    yield written
    written.remove()


def crash(written: Written) -> Path:
    """A run that ends without a stop; its segment."""
    log = written.open()
    log.append([note(1)], written.stamp())
    log.close(written.stamp(1))
    written.remove()
    path = sorted(written.segments.glob("*.jsonl"))[-1]
    path.chmod(0o600)
    return path


# ---- accidents ----


@pytest.mark.parametrize("size", [4096, 3 << 20], ids=["4 KiB", "3 MiB"])
def test_zeros_that_a_power_cut_left_are_no_tampering(written: Written, size: int) -> None:
    """However many there are, before the next run and after it, which goes on."""
    path = crash(written)
    path.write_bytes(path.read_bytes() + bytes(size))
    assert written.verdict() is Verdict.INCOMPLETE
    written.stop(written.open())
    assert written.verdict() is Verdict.INCOMPLETE
    assert written.numbers() == [1]
