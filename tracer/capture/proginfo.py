"""What the kernel tells of a loaded program: struct bpf_prog_info of include/uapi/linux/bpf.h."""

from __future__ import annotations

import struct
from typing import Final

from tracer.probe.syscalls import program_info

_RECURSION_MISSES_AT: Final = 208  # since 5.12
_INFO_BYTES: Final = 216


def recursion_misses(program_fd: int) -> int | None:
    """How often the kernel left the program out because it already ran on that CPU.

    None where the kernel doesn't say (before 5.12) or refuses.
    """
    info = _info(program_fd)
    if len(info) < _RECURSION_MISSES_AT + 8:
        return None
    return int(struct.unpack_from("<Q", info, _RECURSION_MISSES_AT)[0])


def _info(program_fd: int) -> bytes:
    try:
        return program_info(program_fd, _INFO_BYTES)
    except OSError:
        return b""
