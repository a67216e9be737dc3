"""The kernel's audit log: AUDIT_TRUSTED_APP records, which `ausearch -m TRUSTED_APP` finds.

Invariant: what was captured can't end a value: it is in quotes if it is plain, else hex, as auditd
writes it. With auditing disabled the kernel takes records and drops them; only
CAP_AUDIT_CONTROL, which is not ours, could ask for that.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from typing import Final

from tracer.sinks.brief import brief_of
from tracer.sinks.driver import WAIT_S, Record

TRUSTED_APP: Final = 1121  # linux/audit.h: AUDIT_FIRST_USER_MSG 1100 to 1199; libaudit names it
_NETLINK_AUDIT: Final = 9
_NLM_F_REQUEST_ACK: Final = 0x05
_NLMSG_ERROR: Final = 2
_HEADER: Final = struct.Struct("=IHHII")
# The kernel cuts a text at 8560 bytes (AUDIT_MESSAGE_TEXT_MAX), and auditd a record at 8970.
_MAX_BYTES: Final = 8000
_MAX_VALUE_BYTES: Final = 1500  # twice that as hex
_PLAIN: Final = re.compile(rb"[A-Za-z0-9_./:@%+,$-]+")
_NUMBERS: Final = frozenset(
    """sequence server pane_pid pid uid loginuid audit_session exit_code bytes lost_records
    lost_bytes by_uid by_loginuid by_pid alert""".split()
)
# As ausearch knows them; what it has no name for keeps ours.
_NAMES: Final = {
    "sequence": "seq",
    "pid": "opid",
    "uid": "ouid",
    "loginuid": "oauid",
    "audit_session": "oses",
    "program": "exe",
    "directory": "cwd",
    "command": "cmd",
    "by_address": "addr",
    "exit_code": "exit",
}


class AuditLog:
    """The kernel's, by netlink; needs CAP_AUDIT_WRITE."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_AUDIT)
        self._socket.settimeout(WAIT_S)
        self._serial = 0

    def send(self, record: Record) -> None:
        """Takes a record; comes back when the kernel has it."""
        self._serial += 1
        self._socket.sendto(message_of(text_of(record), self._serial), (0, 0))
        while True:
            answer = self._socket.recv(1 << 16)
            _, kind, _, serial, _ = _HEADER.unpack_from(answer)
            if kind == _NLMSG_ERROR and serial == self._serial:
                break
        (code,) = struct.unpack_from("=i", answer, _HEADER.size)
        if code:
            raise OSError(-code, os.strerror(-code), "audit")

    def flush(self) -> None:
        """Nothing waits here."""

    def unsettled(self) -> int | None:
        """The kernel has all that was sent."""
        return None

    def close(self) -> None:
        """Gives the socket back."""
        self._socket.close()


def message_of(text: bytes, serial: int) -> bytes:
    """A netlink message with this text, ended by NUL: the kernel drops the last byte."""
    size = _HEADER.size + len(text) + 1
    return _HEADER.pack(size, TRUSTED_APP, _NLM_F_REQUEST_ACK, serial, 0) + text + b"\0"


def text_of(record: Record) -> bytes:
    """What the record says, as `name=value` with spaces between."""
    brief = brief_of(record.event)
    words = [f"op=ttytrace:{brief.action}".encode()]
    size = len(words[0])
    for name, value in (*brief.fields.items(), ("claimed", ",".join(brief.claimed))):
        word = _word(name, value)
        size += 1 + len(word)
        if value and size < _MAX_BYTES:
            words.append(word)
    return b" ".join([*words, b"res=success"])


def _word(name: str, text: str) -> bytes:
    value = text.encode()
    if len(value) > _MAX_VALUE_BYTES:
        value = value[:_MAX_VALUE_BYTES] + b"..."
    if not _PLAIN.fullmatch(value):
        value = value.hex().upper().encode()
    elif name not in _NUMBERS:
        value = b'"%s"' % value
    return b"%s=%s" % (_NAMES.get(name, name).encode(), value)
