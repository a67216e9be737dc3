"""The Python half of bpf/abi.h: how the bytes of a record are laid out.

Invariant: every layout here equals the C one; a test compiles abi.h with cc and compares each
offset, and the loader compares them with what BCC compiled before anything is attached.
What a record means once decoded is in `events`, not here.
"""

from __future__ import annotations

import re
import struct
from typing import Final

ABI_VERSION: Final = 1

KIND_FORK: Final = 1
KIND_EXEC: Final = 2
KIND_EXIT: Final = 3
KIND_SERVER: Final = 4
KIND_PANE_OUTPUT: Final = 5
KINDS: Final = 8

KIND_NAMES: Final = {
    KIND_FORK: "fork",
    KIND_EXEC: "exec",
    KIND_EXIT: "end",
    KIND_SERVER: "server",
    KIND_PANE_OUTPUT: "text_output",
}

EXEC_ARGV_CUT: Final = 0x01
EXEC_ARGV_FAULT: Final = 0x02
EXEC_INVOKED_CUT: Final = 0x04
EXEC_EXE_CUT: Final = 0x08
EXEC_CWD_CUT: Final = 0x10

UNSET: Final = 0xFFFFFFFF

# One line a field, in the order of abi.h: name and struct-module code.
_HEADER = """ktime_ns Q, start_time_ns Q, seq I, size I, tgid I, tid I, kind H, flags H, cpu H,
    pad H"""
_WHO = """cgroup_id Q, parent_start_time_ns Q, parent_tgid I, server_tgid I, pane_tgid I, pad I,
    uid I, gid I, euid I, egid I, loginuid I, audit_session I, session I, tty I"""
EXEC_FIELDS: Final = """exe_inode Q, argv_bytes Q, exe_device I, exe_links I, argc I, pad I,
    invoked_bytes H, exe_bytes H, cwd_bytes H, argv_kept_bytes H"""
EXIT_FIELDS: Final = "status I, server_tgid I"
OUTPUT_FIELDS: Final = """tty_id Q, began_ns Q, offset Q, origin Q, nth I, bytes I, session I,
    foreground I, tty I, rows H, columns H"""


class Layout:
    """A C struct without padding: field names, struct-module format, size in bytes."""

    def __init__(self, *parts: str) -> None:
        pairs = [field.split() for part in parts for field in re.split(r",\s*", part)]
        self.names: Final = tuple(name for name, _ in pairs)
        self.format: Final = "<" + "".join(code for _, code in pairs)
        self.struct: Final = struct.Struct(self.format)
        self.size: Final = self.struct.size

    def offset(self, name: str) -> int:
        """Byte offset of a field; ValueError for a name that isn't there."""
        codes = self.format[1 : 1 + self.names.index(name)]
        return struct.calcsize("<" + codes)


HEADER: Final = Layout(_HEADER)
WHO: Final = Layout(_WHO)
FORK: Final = Layout(_HEADER, _WHO)
EXEC: Final = Layout(_HEADER, _WHO, EXEC_FIELDS)
EXIT: Final = Layout(_HEADER, EXIT_FIELDS)
SERVER: Final = Layout(_HEADER, _WHO)
PANE_OUTPUT: Final = Layout(_HEADER, OUTPUT_FIELDS)

LAYOUTS: Final = {
    "fork": FORK,
    "exec": EXEC,
    "exit": EXIT,
    "server": SERVER,
    "pane_output": PANE_OUTPUT,
}
