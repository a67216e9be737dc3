"""What the kernel audits now: whether it does at all, and whether programs are among it.

Invariant: only asked, never changed. Needs CAP_AUDIT_CONTROL; without, nothing is known.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

RULE: Final = "auditctl -a always,exit -F arch=b64 -S execve,execveat -F success=1 -k ttytrace"
"""What somebody has to add for programs to be in the stream."""

NETLINK_AUDIT: Final = 9
HEADER: Final = struct.Struct("=IHHII")  # struct nlmsghdr

_REQUEST: Final = 1
_ERROR, _DONE = 2, 3
_GET, _LIST_RULES = 1000, 1013
_WAIT_S: Final = 2.0
_ENABLED_AT: Final = 4  # in struct audit_status
_FILTER_TASK, _FILTER_EXIT = 1, 4
_NEVER, _ALWAYS = 0, 2
_RULE: Final = struct.Struct("=3I64I")  # the beginning of struct audit_rule_data
_EXECVE: Final = 221 if os.uname().machine == "aarch64" else 59
_BYTES: Final = 65536


class State(NamedTuple):
    """`has_programs`: each exec is to be audited; `is_silent`: a rule keeps tasks out of it all."""

    is_enabled: bool
    has_programs: bool
    is_silent: bool

    @property
    def trouble(self) -> str | None:
        """Why the stream can't tell of programs, as a sentence with what cures it."""
        if not self.is_enabled:
            return f"the kernel's audit is off: auditctl -e 1; {RULE}"
        if self.is_silent:
            return "a rule -a never,task keeps all programs out of the audit stream: remove it"
        return None if self.has_programs else f"no audit rule tells of programs: {RULE}"


def ask() -> State | None:
    """What is audited; None where we may not ask, or the kernel has no audit."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT) as kernel:
            kernel.settimeout(_WAIT_S)
            kernel.bind((0, 0))
            status = next(_answers(kernel, _GET))
            return state_of(status, list(_answers(kernel, _LIST_RULES)))
    except (OSError, StopIteration):
        return None


def state_of(status: bytes, rules: list[bytes]) -> State:
    """From struct audit_status and each struct audit_rule_data."""
    heads = [_RULE.unpack_from(rule) for rule in rules]
    (enabled,) = struct.unpack_from("=I", status, _ENABLED_AT)
    word, bit = divmod(_EXECVE, 32)
    return State(
        is_enabled=bool(enabled),
        has_programs=any(
            (head[0], head[1]) == (_FILTER_EXIT, _ALWAYS) and head[3 + word] >> bit & 1
            for head in heads
        ),
        is_silent=any(head[:3] == (_FILTER_TASK, _NEVER, 0) for head in heads),
    )


def _answers(kernel: socket.socket, question: int) -> Iterator[bytes]:
    kernel.send(HEADER.pack(HEADER.size, question, _REQUEST, 1, 0))
    while True:
        message = kernel.recv(_BYTES)
        type_ = HEADER.unpack_from(message)[1]
        if type_ == _ERROR:
            (number,) = struct.unpack_from("=i", message, HEADER.size)
            raise OSError(-number, "audit")
        if type_ == _DONE:
            return
        if type_ == question:
            yield message[HEADER.size :]
