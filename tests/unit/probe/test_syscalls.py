"""tracer.probe.syscalls"""

from __future__ import annotations

import errno
import os
import struct

import pytest

from tests.need import lacking
from tracer.probe import syscalls
from tracer.probe.tracefs import event_id_of

_NO_DESCRIPTOR = 1 << 20
_SYS_GETPID = 172 if os.uname().machine == "aarch64" else 39


def test_a_result_is_returned() -> None:
    """The kernel's answer as it is."""
    assert syscalls.system_call(_SYS_GETPID) == os.getpid()


def test_a_refusal_has_the_kernels_number() -> None:
    """Every way in raises OSError; -1 is no descriptor."""
    with pytest.raises(OSError) as refused:
        syscalls.bpf(9999, b"")
    assert refused.value.errno in (errno.EINVAL, errno.EPERM)
    with pytest.raises(OSError):
        syscalls.open_link(_NO_DESCRIPTOR, "sched_process_exec")
    with pytest.raises(OSError):
        syscalls.program_info(_NO_DESCRIPTOR, 64)


@pytest.mark.kernel
def test_a_map_can_be_made() -> None:
    """BPF_MAP_CREATE of an array: type, key, value and entries."""
    if os.geteuid() != 0:
        lacking("making a BPF map needs root")
    os.close(syscalls.bpf(0, struct.pack("=5I", 2, 4, 8, 1, 0)))


@pytest.mark.kernel
def test_an_event_of_tracefs_can_be_opened() -> None:
    """By the number that tracefs gives it."""
    if os.geteuid() != 0:
        lacking("opening events needs root")
    os.close(syscalls.open_tracepoint(event_id_of("syscalls:sys_exit_read")))
