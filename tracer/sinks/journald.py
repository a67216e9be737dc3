"""The journal, by its native protocol: one datagram an entry, or a sealed memfd where that is too
large (systemd's docs/JOURNAL_NATIVE_PROTOCOL.md).

Invariant: a value has its length before it, so nothing in it can begin another field.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import socket
from typing import Final

from tracer.codec.safe import safe_json
from tracer.sinks.brief import brief_of
from tracer.sinks.driver import WAIT_S, Record

SOCKET: Final = "/run/systemd/journal/socket"
_TOO_LARGE: Final = (errno.EMSGSIZE, errno.ENOBUFS)
_SEALS: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class Journal:
    """journald, at `path`."""

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.settimeout(WAIT_S)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def send(self, record: Record) -> None:
        """Takes a record, and passes it on."""
        data = entry_of(record)
        try:
            self._socket.send(data)
        except OSError as error:
            if error.errno not in _TOO_LARGE:
                raise
            self._send_file(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def unsettled(self) -> int | None:
        """The journal has all that was sent: its socket outlives it."""
        return None

    def close(self) -> None:
        """Gives the socket back."""
        self._socket.close()

    def _send_file(self, data: bytes) -> None:
        fd = os.memfd_create("ttytrace", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with open(fd, "wb", closefd=False) as file:
                file.write(data)
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))
            self._socket.sendmsg([], [rights])
        finally:
            os.close(fd)


def entry_of(record: Record) -> bytes:
    """The fields of a record as the journal reads them."""
    brief = brief_of(record.event)
    fields = {
        "MESSAGE": brief.sentence,
        "PRIORITY": str(int(brief.severity)),
        "SYSLOG_IDENTIFIER": "ttytrace",
        "TTYTRACE_ACTION": brief.action,
        **{f"TTYTRACE_{name.upper()}": value for name, value in brief.fields.items()},
        "TTYTRACE_CLAIMED": " ".join(brief.claimed),
        "TTYTRACE_JSON": safe_json(record.line).rstrip("\n"),
    }
    return b"".join(_field(name, value.encode()) for name, value in fields.items())


def _field(name: str, value: bytes) -> bytes:
    return b"%s\n%s%s\n" % (name.encode(), len(value).to_bytes(8, "little"), value)
