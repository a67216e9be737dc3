r"""Syslog as RFC 5424 has it: to a local socket, over TCP (RFC 6587, octets counted) or TLS (5425).

Invariant: a message is one line of printable text, whatever was captured; what is cut off is
marked. Values of structured data have `"`, `\` and `]` behind a backslash.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable
from typing import Final

from tracer.codec.identity import Fields
from tracer.sinks.brief import Brief, brief_of
from tracer.sinks.driver import WAIT_S, Driver, Record
from tracer.sinks.stream import Stream, connect

_AUTHPRIV: Final = 10
# The number that RFC 5612 keeps for examples: there is none of ours.
_SD_ID: Final = "ttytrace@32473"
MAX_BYTES: Final = 8192
"""Of a message; more is cut off. rsyslog takes no more, unless it is told to."""
_MAX_MSG_BYTES: Final = 2000
_MAX_VALUE_BYTES: Final = 1000
_MAX_DATA_BYTES: Final = 5400  # the header and the list of what was cut take less than the rest
_RESERVED: Final = re.compile(r'["\\\]]')
_NOT_PRINTABLE_ASCII: Final = re.compile(r"[^\x21-\x7e]")
_BOM: Final = b"\xef\xbb\xbf"
_CUT: Final = "…"


def open_syslog(address: str, ca: str = "") -> Driver:
    """The one at `address`, as [[sinks]] has it."""
    if not address.startswith("/"):
        return Messages(Stream(connect(address, ca)), counted)
    try:
        return Datagrams(_local(address, socket.SOCK_DGRAM))
    except OSError as error:
        if error.errno != errno.EPROTOTYPE:
            raise
    return Messages(Stream(_local(address, socket.SOCK_STREAM)), ended)


class Datagrams:
    """A message a datagram."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def send(self, record: Record) -> None:
        """Takes a record, and passes it on."""
        self._socket.send(message_of(record.event))

    def flush(self) -> None:
        """Nothing waits here."""

    def unsettled(self) -> int | None:
        """The socket has all that was sent."""
        return None

    def close(self) -> None:
        """Gives the socket back."""
        self._socket.close()


class Messages:
    """Messages one behind the other; `frame` tells where each ends."""

    def __init__(self, stream: Stream, frame: Callable[[bytes], bytes]) -> None:
        self._stream, self._frame = stream, frame
        self._waiting: list[bytes] = []
        self._first: int | None = None  # of these

    def send(self, record: Record) -> None:
        """Takes a record."""
        if not self._waiting:
            self._first = record.sequence
        self._waiting.append(self._frame(message_of(record.event)))

    def flush(self) -> None:
        """Sends what was taken."""
        self._stream.check()
        if self._first is not None:
            first, self._first = self._first, None
            self._stream.send(b"".join(self._waiting), first)
            self._waiting = []

    def unsettled(self) -> int | None:
        """What the peer may not have; see stream.py."""
        sent = self._stream.unsettled()
        return self._first if sent is None else sent

    def close(self) -> None:
        """Ends the connection."""
        self._stream.close()


def counted(message: bytes) -> bytes:
    """A message of TCP and TLS."""
    return b"%d %s" % (len(message), message)


def ended(message: bytes) -> bytes:
    """A message of a local stream: no message has a newline."""
    return message + b"\n"


def message_of(event: Fields) -> bytes:
    """A record as a message."""
    brief = brief_of(event)
    host = _NOT_PRINTABLE_ASCII.sub("?", event.get("host", {}).get("name", ""))[:255] or "-"
    priority = _AUTHPRIV * 8 + brief.severity
    kind = _NOT_PRINTABLE_ASCII.sub("?", brief.action)[:32]
    head = f"<{priority}>1 {event['@timestamp']} {host} ttytrace - {kind} {_data(brief)} "
    return head.encode() + _BOM + _cut(brief.sentence, _MAX_MSG_BYTES).encode()


def _data(brief: Brief) -> str:
    fields = {"action": brief.action} | brief.fields | {"claimed": " ".join(brief.claimed)}
    found, size, cut = [_SD_ID], 0, []
    for name, value in fields.items():
        kept = _cut(value, _MAX_VALUE_BYTES)
        param = f'{name}="{_RESERVED.sub(_escape, kept)}"'
        size += len(param.encode())
        if kept != value or size > _MAX_DATA_BYTES:
            cut.append(name)
        if value and size <= _MAX_DATA_BYTES:
            found.append(param)
    marks = [f'cut="{" ".join(cut)}"'] if cut else []
    return f"[{' '.join(found + marks)}]"


def _escape(found: re.Match[str]) -> str:
    return "\\" + found[0]


def _cut(text: str, max_bytes: int) -> str:
    data = text.encode()
    if len(data) <= max_bytes:
        return text
    return data[: max_bytes - len(_CUT.encode())].decode(errors="ignore") + _CUT


def _local(path: str, kind: int) -> socket.socket:
    local = socket.socket(socket.AF_UNIX, kind)
    try:
        local.settimeout(WAIT_S)
        local.connect(path)
    except OSError as error:
        local.close()
        raise OSError(error.errno, error.strerror, path) from None
    return local
