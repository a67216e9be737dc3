"""The Python half of bpf/abi.h: how the bytes of a record are laid out.

Invariant: every layout here equals the C one; a test compiles abi.h with cc and compares each
offset, and the loader compares them with what BCC compiled before anything is attached.
What a record means once decoded is in `events`, not here.
"""

from __future__ import annotations

import re
import struct
from typing import Final

ABI_VERSION: Final = 3

KIND_FORK: Final = 1
KIND_EXEC: Final = 2
KIND_EXIT: Final = 3
KIND_SERVER: Final = 4
KIND_PANE_OUTPUT: Final = 5
KIND_CLIENT_INPUT: Final = 6
KIND_PANE_INPUT: Final = 7
KIND_CLIENT_TTY: Final = 8
KIND_PEER: Final = 9
KIND_INJECT: Final = 10
KIND_TRACE: Final = 11
KIND_CLIENT_OUTPUT: Final = 12
KIND_RESIZE: Final = 13
KINDS: Final = 16
SHOWN_KINDS: Final = (KIND_PANE_OUTPUT, KIND_CLIENT_OUTPUT)
"""What panes and clients show: in the bulk ring, with a count of bytes."""

KIND_NAMES: Final = {
    KIND_FORK: "fork",
    KIND_EXEC: "exec",
    KIND_EXIT: "end",
    KIND_SERVER: "server",
    KIND_PANE_OUTPUT: "text_output",
    KIND_CLIENT_INPUT: "client_input",
    KIND_PANE_INPUT: "text_input",
    KIND_CLIENT_TTY: "client_tty",
    KIND_PEER: "peer",
    KIND_INJECT: "inject",
    KIND_TRACE: "trace",
    KIND_CLIENT_OUTPUT: "client_output",
    KIND_RESIZE: "resize",
}

DATA_MAX: Final = 4096

EXEC_ARGV_CUT: Final = 0x01
EXEC_ARGV_FAULT: Final = 0x02
EXEC_INVOKED_CUT: Final = 0x04
EXEC_EXE_CUT: Final = 0x08
EXEC_CWD_CUT: Final = 0x10

EXIT_PEER: Final = 0x01
INPUT_WITHHELD: Final = 0x01
TTY_TAKEN: Final = 0x01
RESIZE_CLIENT: Final = 0x01
PEER_GONE: Final = 0x01
PEER_OVER: Final = 0x02

INJECT_MASTER: Final = 0
TRACE_MEMORY: Final = 0xFFFFFFFF

UNSET: Final = 0xFFFFFFFF

# One line a field, in the order of abi.h: name and struct-module code.
_HEADER = """ktime_ns Q, start_time_ns Q, seq I, size I, tgid I, tid I, kind H, flags H, cpu H,
    pad H"""
_WHO = """cgroup_id Q, parent_start_time_ns Q, parent_tgid I, server_tgid I, pane_tgid I, pad I,
    uid I, gid I, euid I, egid I, loginuid I, audit_session I, session I, tty I"""
EXEC_FIELDS: Final = """exe_inode Q, argv_bytes Q, exe_device I, exe_links I, argc I, pad I,
    invoked_bytes H, exe_bytes H, cwd_bytes H, argv_kept_bytes H"""
EXIT_FIELDS: Final = "status I, server_tgid I"
TTY_DATA_FIELDS: Final = """tty_id Q, began_ns Q, offset Q, origin Q, nth I, bytes I, session I,
    foreground I, tty I, lflag I, server_tgid I, rows H, columns H"""
PEER_FIELDS: Final = "socket_id Q, bytes I, pad I"
INJECT_FIELDS: Final = "tty_id Q, session I, tty I, server_tgid I, code I"
TRACE_FIELDS: Final = """target_start_time_ns Q, target_tgid I, target_server_tgid I,
    target_pane_tgid I, request I"""


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
TTY_DATA: Final = Layout(_HEADER, TTY_DATA_FIELDS)
PEER: Final = Layout(_HEADER, _WHO, PEER_FIELDS)
INJECT: Final = Layout(_HEADER, _WHO, INJECT_FIELDS)
TRACE: Final = Layout(_HEADER, _WHO, TRACE_FIELDS)

LAYOUTS: Final = {
    "fork": FORK,
    "exec": EXEC,
    "exit": EXIT,
    "server": SERVER,
    "tty_data": TTY_DATA,
    "peer": PEER,
    "inject": INJECT,
    "trace": TRACE,
}
