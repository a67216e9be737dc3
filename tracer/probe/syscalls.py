"""bpf(2) and perf_event_open(2), which no library that we want gives us.

Invariant: a refusal is an OSError with the kernel's own number and words; a descriptor that is
returned belongs to the caller, who closes it.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from pathlib import Path
from typing import Final

KPROBE_PMU: Final = Path("/sys/bus/event_source/devices/kprobe/type")

_ARM: Final = platform.machine() == "aarch64"
_SYS_BPF: Final = 280 if _ARM else 321
_SYS_PERF_EVENT_OPEN: Final = 241 if _ARM else 298
_BPF_RAW_TRACEPOINT_OPEN: Final = 17
_BPF_OBJ_GET_INFO_BY_FD: Final = 15
_PERF_TYPE_TRACEPOINT: Final = 2
_PERF_FLAG_FD_CLOEXEC: Final = 8
# struct perf_event_attr: type, size, config, sample_period, ... config1 at 56, config2
_PERF_ATTR: Final = struct.Struct("=IIQQ32xQQ")

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: object) -> int:
    """A system call by its number, with arguments as ctypes takes them."""
    result = int(_LIBC.syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def bpf(command: int, attr: bytes) -> int:
    """bpf(2) with the bytes of the part of union bpf_attr that the command reads."""
    return system_call(_SYS_BPF, command, ctypes.c_char_p(attr), len(attr))


def program_info(program_fd: int, size: int) -> bytes:
    """The first bytes of struct bpf_prog_info, at most `size`: as many as this kernel has."""
    info = ctypes.create_string_buffer(size)
    request = struct.pack("=IIQ", program_fd, size, ctypes.addressof(info))
    # The kernel writes into the request how many bytes it has.
    attr = ctypes.create_string_buffer(request, len(request))
    system_call(_SYS_BPF, _BPF_OBJ_GET_INFO_BY_FD, attr, len(request))
    return info.raw[: struct.unpack_from("=I", attr, 4)[0]]


def open_link(program_fd: int, raw_tracepoint: str | None) -> int:
    """Attaches to a raw tracepoint, or an fentry or fexit program to what it was loaded for."""
    name = ctypes.create_string_buffer((raw_tracepoint or "").encode())
    address = ctypes.addressof(name) if raw_tracepoint else 0
    return bpf(_BPF_RAW_TRACEPOINT_OPEN, struct.pack("=QII", address, program_fd, 0))


def open_tracepoint(event_id: int) -> int:
    """A perf event on a tracefs event."""
    return _perf_event(_PERF_TYPE_TRACEPOINT, event_id, 0)


def open_kprobe(function: str, is_return: bool = False) -> int:
    """A perf event on the entry of a kernel function, or on its return."""
    name = ctypes.create_string_buffer(function.encode())
    return _perf_event(int(KPROBE_PMU.read_text()), int(is_return), ctypes.addressof(name))


def _perf_event(kind: int, config: int, config1: int) -> int:
    # A program on such an event runs on every CPU, whichever one the event was opened for.
    attr = _PERF_ATTR.pack(kind, _PERF_ATTR.size, config, 1, config1, 0)
    everything = (ctypes.c_char_p(attr), -1, 0, -1, _PERF_FLAG_FD_CLOEXEC)
    return system_call(_SYS_PERF_EVENT_OPEN, *everything)
