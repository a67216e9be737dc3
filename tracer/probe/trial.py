"""Asks the kernel by trying: makes the smallest thing of a kind and closes it at once.

Invariant: nothing made here outlives its call. Each function raises OSError with the kernel's own
reason when it refuses. Not here: what the answers mean (survey.py); loading what we run (capture/).
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from contextlib import suppress
from typing import Final

from tracer.probe.syscalls import bpf, open_kprobe, open_link

MAP_ARRAY: Final = 2
MAP_RINGBUF: Final = 27
MAP_MMAPABLE: Final = 1 << 10
PROGRAM_TRACEPOINT: Final = 5
PROGRAM_RAW_TRACEPOINT: Final = 17
PROGRAM_TRACING: Final = 26

_MAP_CREATE: Final = 0
_PROG_LOAD: Final = 5
_TRACE_FENTRY: Final = 24


def _instruction(code: int, registers: int = 0, offset: int = 0, value: int = 0) -> bytes:
    return struct.pack("=BBhi", code, registers, offset, value)


# include/uapi/linux/bpf.h; the numbers of helpers are ABI
_RETURN_0: Final = _instruction(0xB7) + _instruction(0x95)
NOTHING: Final = _RETURN_0
READS_KERNEL: Final = b"".join(
    (
        _instruction(0xBF, 0xA1),  # r1 = r10
        _instruction(0x07, 0x01, value=-8),  # r1 += -8
        _instruction(0xB7, 0x02, value=8),  # r2 = 8
        _instruction(0xB7, 0x03, value=0),  # r3 = 0
        _instruction(0x85, value=113),  # probe_read_kernel(r1, r2, r3)
        _RETURN_0,
    )
)
READS_REGISTERS: Final = b"".join(
    (
        _instruction(0x85, value=158),  # r0 = get_current_task_btf()
        _instruction(0xBF, 0x01),  # r1 = r0
        _instruction(0x85, value=175),  # task_pt_regs(r1)
        _RETURN_0,
    )
)


def make_map(
    kind: int, entries: int, key_bytes: int = 0, value_bytes: int = 0, flags: int = 0
) -> None:
    """Creates a map."""
    os.close(bpf(_MAP_CREATE, struct.pack("=5I", kind, key_bytes, value_bytes, entries, flags)))


def make_ring(size: int) -> None:
    """Creates a ring buffer with as much locked memory as we may have, since BCC asks for that too.
    Before 5.11 a map counts as such."""
    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    with suppress(ValueError):  # without CAP_SYS_RESOURCE
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY,) * 2)
    try:
        make_map(MAP_RINGBUF, size)
    finally:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, before)


def load(kind: int, instructions: bytes) -> None:
    """Loads a program; the verifier looks at it."""
    os.close(_load(kind, instructions))


def attach_raw_tracepoint(name: str) -> None:
    """Attaches a program that does nothing to a raw tracepoint."""
    program = _load(PROGRAM_RAW_TRACEPOINT, NOTHING)
    try:
        os.close(open_link(program, name))
    finally:
        os.close(program)


def attach_fentry(function_id: int) -> None:
    """Attaches a program that does nothing to the entry of a function, by its id in the BTF."""
    program = _load(PROGRAM_TRACING, NOTHING, _TRACE_FENTRY, function_id)
    try:
        os.close(open_link(program, None))
    finally:
        os.close(program)


def attach_kprobe(function: str) -> None:
    """Sets a probe on the entry of a function, with no program."""
    os.close(open_kprobe(function))


def _load(kind: int, instructions: bytes, attach_type: int = 0, function_id: int = 0) -> int:
    code = ctypes.create_string_buffer(instructions)
    licence = ctypes.create_string_buffer(b"GPL")
    count = len(instructions) // 8
    attr = struct.pack("=IIQQ", kind, count, ctypes.addressof(code), ctypes.addressof(licence))
    # expected_attach_type at 68 and attach_btf_id at 108 of union bpf_attr
    attr = attr.ljust(68, b"\0") + struct.pack("=I", attach_type)
    attr = attr.ljust(108, b"\0") + struct.pack("=I", function_id)
    return bpf(_PROG_LOAD, attr)
