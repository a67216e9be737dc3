"""Ties a loaded program to its hook; the link is a file descriptor, and closing it detaches.

Invariant: nothing is left in the kernel when the descriptors are closed or the process dies, by
whatever way. So kprobes are made through the kprobe PMU, never through tracefs' kprobe_events,
whose lines outlive their maker. A refusal is an OSError.
"""

from __future__ import annotations

import fcntl
import os
import platform
from contextlib import suppress
from typing import Final

from tracer.probe import syscalls

_SYS_MEMBARRIER: Final = 283 if platform.machine() == "aarch64" else 324
_MEMBARRIER_CMD_GLOBAL: Final = 1
_PERF_EVENT_IOC_ENABLE: Final = 0x2400
_PERF_EVENT_IOC_SET_BPF: Final = 0x40042408


def raw_tracepoint(program_fd: int, name: str) -> int:
    """Attaches to a raw tracepoint by name; returns the link's descriptor, as all of these do."""
    return syscalls.open_link(program_fd, name)


def trampoline(program_fd: int) -> int:
    """Attaches an fentry or fexit program to the function that it was loaded for."""
    return syscalls.open_link(program_fd, None)


def tracepoint(program_fd: int, event_id: int) -> int:
    """Attaches to a tracefs event by its id, on all CPUs."""
    return _on_event(syscalls.open_tracepoint(event_id), program_fd)


def kprobe(program_fd: int, function: str) -> int:
    """Attaches to the entry of a kernel function."""
    return _on_event(syscalls.open_kprobe(function), program_fd)


def kretprobe(program_fd: int, function: str) -> int:
    """Attaches to the return of a kernel function."""
    return _on_event(syscalls.open_kprobe(function, is_return=True), program_fd)


def wait_for_running() -> None:
    """Returns when every program that ran when this was called has ended.

    They run inside RCU read sections, and membarrier's global command is synchronize_rcu()
    (kernel/sched/membarrier.c). With nohz_full it is refused, and what a program still numbers
    then may be missing from the last count.
    """
    with suppress(OSError):
        syscalls.system_call(_SYS_MEMBARRIER, _MEMBARRIER_CMD_GLOBAL, 0, 0)


def _on_event(event_fd: int, program_fd: int) -> int:
    try:
        fcntl.ioctl(event_fd, _PERF_EVENT_IOC_SET_BPF, program_fd)
        fcntl.ioctl(event_fd, _PERF_EVENT_IOC_ENABLE, 0)
    except OSError:
        os.close(event_fd)
        raise
    return event_fd
