"""Trials: the kernel accepts what is right, refuses what is wrong, and keeps nothing."""

from __future__ import annotations

import os
import resource
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracer.probe import trial
from tracer.probe.btf import Btf

PAGE = os.sysconf("SC_PAGESIZE")
UNKNOWN_HELPER = struct.pack("=BBhi", 0x85, 0, 0, 99999) + trial.NOTHING


@pytest.fixture(autouse=True)
def _nothing_stays(root: None) -> Iterator[None]:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    yield
    assert len(list(descriptors.iterdir())) == before


def test_right_things_are_accepted() -> None:
    """Maps, programs and attachments that every supported kernel has are made and closed."""
    trial.make_map(trial.MAP_ARRAY, 1, 4, 8)
    trial.make_map(trial.MAP_RINGBUF, PAGE)
    trial.make_ring(PAGE)
    trial.load(trial.PROGRAM_RAW_TRACEPOINT, trial.READS_KERNEL)
    trial.attach_raw_tracepoint("sched_process_exit")


def test_wrong_things_are_refused() -> None:
    """A ring of no whole pages, an unknown helper, an unknown tracepoint and function: OSError."""
    with pytest.raises(OSError, match="Invalid argument"):
        trial.make_map(trial.MAP_RINGBUF, PAGE - 1)
    with pytest.raises(OSError, match="Invalid argument"):
        trial.load(trial.PROGRAM_RAW_TRACEPOINT, UNKNOWN_HELPER)
    with pytest.raises(FileNotFoundError):
        trial.attach_raw_tracepoint("ttytrace_has_no_such")
    with pytest.raises(OSError):
        trial.attach_kprobe("ttytrace_has_no_such")


def test_the_limit_of_locked_memory_stays() -> None:
    """Whether the ring is made or not."""
    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    trial.make_ring(PAGE)
    with pytest.raises(OSError):
        trial.make_ring(PAGE - 1)
    assert resource.getrlimit(resource.RLIMIT_MEMLOCK) == before


def test_a_type_that_is_no_function_is_refused(kernel: Btf) -> None:
    """An fentry program on a struct is refused by any kernel, whether it allows fentry or not."""
    with pytest.raises(OSError):
        trial.attach_fentry(kernel.structs("tty_struct")[0])
