"""One record of the kernel's audit stream: its type, its event, and its fields.

A record is text, `audit(SECONDS.MS:SERIAL): name=value ...`, in which whatever a user can choose is
in double quotes, or in hex where it holds a quote, a space or what isn't ASCII (kernel/audit.c,
audit_log_untrustedstring). A program that may write records says its part in `msg='...'`.

Invariant: total. Any bytes give a record or a Refused; what is kept of one is bounded. That several
records make one event is known in audit_events.py.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

UNSET: Final = 0xFFFFFFFF
MAX_RECORD_BYTES: Final = 65536  # the kernel's own are below 9 KiB
_MAX_FIELDS: Final = 4096
_MS_NS: Final = 1_000_000
_HEAD: Final = re.compile(rb"audit\((\d{1,12})\.(\d{3}):(\d{1,20})\): ?")
_FIELD: Final = re.compile(rb"""([^\s=]+)=("[^"]*"|'[^']*'|\S*)""")
_HEX: Final = re.compile(rb"(?:[0-9A-F]{2})+")
_ABSENT: Final = frozenset({b"(null)", b"(none)", b"?"})


class Refused(ValueError):
    """These bytes are no audit record."""


class AuditRecord(NamedTuple):
    """`type` as in linux/audit.h; `time_ns` is wall-clock time. Values as they stand, but for
    single quotes."""

    type: int
    serial: int
    time_ns: int
    fields: dict[bytes, bytes]
    text: bytes

    def number(self, name: bytes) -> int | None:
        """A decimal field; None where it is absent, unset, or no number of 32 bits."""
        value = self.fields.get(name, b"")
        if not value.isdigit() or len(value) > len(str(UNSET)):
            return None
        number = int(value)
        return number if number < UNSET else None

    def untrusted(self, name: bytes) -> bytes:
        """A field that a user can choose, decoded; b"" where it is absent."""
        return decoded(self.fields.get(name, b""))


def parse(type_: int, data: bytes) -> AuditRecord:
    """The payload of a netlink message of that type. Raises Refused."""
    head = _HEAD.match(data)
    if head is None or len(data) > MAX_RECORD_BYTES:
        raise Refused("this is no audit record")
    text = data[head.end() :].rstrip(b"\0\n")
    time_ns = (int(head[1]) * 1000 + int(head[2])) * _MS_NS
    return AuditRecord(type_, int(head[3]), time_ns, _fields(text), text)


def decoded(value: bytes) -> bytes:
    """A value that a user can choose, as it was before the kernel wrote it down."""
    if value.startswith(b'"'):
        return value.strip(b'"')
    if value in _ABSENT:
        return b""
    return bytes.fromhex(value.decode()) if _HEX.fullmatch(value) else value


def said(record: AuditRecord) -> dict[bytes, bytes]:
    """The fields of what a program says, apart from those that the kernel puts before it."""
    return _fields(record.fields.get(b"msg", b""))


def _fields(text: bytes) -> dict[bytes, bytes]:
    # The first of a name counts: what a program adds comes behind what the kernel says.
    fields: dict[bytes, bytes] = {}
    for name, value in _FIELD.findall(text)[:_MAX_FIELDS]:
        fields.setdefault(name, value[1:-1] if value.startswith(b"'") else value)
    return fields
