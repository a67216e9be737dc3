"""Attaching: the link is a descriptor, and closing it detaches."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.capture.tiny import RING_BYTES, Tiny
from tracer.capture import attach
from tracer.capture.ring import MmapRing

pytestmark = pytest.mark.kernel


def test_a_raw_tracepoint_runs_until_its_link_is_closed(tiny: Tiny) -> None:
    """The program runs for what happens while the link is open, and not afterwards."""
    link = attach.raw_tracepoint(tiny.program_fd, "sched_process_exit")
    _wait_for_runs(tiny)
    os.close(link)
    attach.wait_for_running()
    before = _runs(tiny)
    subprocess.run(["true"], check=True)
    assert _runs(tiny) == before


def test_an_unknown_tracepoint_is_an_error(tiny: Tiny) -> None:
    """With the kernel's own words."""
    with pytest.raises(OSError, match="No such file"):
        attach.raw_tracepoint(tiny.program_fd, "no_such_tracepoint")


def test_a_program_of_another_type_is_refused(tiny: Tiny) -> None:
    """Nothing stays open when a program doesn't fit its event."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError):
        attach.trampoline(tiny.program_fd)
    with pytest.raises(OSError):
        attach.tracepoint(tiny.program_fd, 1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_waiting_is_short(tiny: Tiny) -> None:
    """It waits for what runs, and not for a timer."""
    begin = time.monotonic()
    attach.wait_for_running()
    assert time.monotonic() - begin < 5


def _runs(tiny: Tiny) -> int:
    # args[0] of sched_process_exit is an address: the program takes it for a discard.
    ring = MmapRing(tiny.map_fd("ring"), RING_BYTES)
    ring.take()
    at = ring._at
    ring.close()
    return at


def _wait_for_runs(tiny: Tiny) -> None:
    before, end = _runs(tiny), time.monotonic() + 60
    while _runs(tiny) == before:
        subprocess.run(["true"], check=True)
        assert time.monotonic() < end, "the program did not run"
