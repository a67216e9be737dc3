"""A connection to a peer, and how much of what was sent it has for sure.

Invariant: what the peer's kernel has not acknowledged, and what it has for less than SETTLE_S, is
not settled: if the connection ends, it is to be sent again. No syslog peer says "I have it".
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import socket
import struct
import termios
import time
from collections import deque
from typing import Final, NamedTuple

from tracer.sinks.driver import WAIT_S, Unusable

SETTLE_S: Final = 5.0
"""For so long a peer may leave unread what its kernel has taken."""
_ADDRESS: Final = re.compile(r"(tcp|tls):(?:\[([^]]+)\]|([^:\[\]]+)):(\d{1,5})")


class _Sent(NamedTuple):
    """What was sent at once: the index of its first record, and where it ends."""

    first: int
    end: int
    when_s: float


class Stream:
    """Over a connected socket of TCP, TLS or AF_UNIX, which it closes. Methods raise OSError."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.settimeout(WAIT_S)
        self._gone = select.poll()
        self._gone.register(self._socket, select.POLLRDHUP)
        self._sent: deque[_Sent] = deque()
        self._offset = 0

    def send(self, data: bytes, first: int) -> None:
        """Sends it all: records from the index `first` on."""
        self._offset += len(data)
        self._sent.append(_Sent(first, self._offset, time.monotonic()))
        self._socket.sendall(data)

    def check(self) -> None:
        """OSError if the connection has ended: it would still take what nobody will read."""
        if self._gone.poll(0):
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            raise ConnectionResetError("the peer closed the connection")

    def unsettled(self) -> int | None:
        """The index of the first record that the peer may not have."""
        # Under TLS more waits than was given to it, so this errs to the safe side.
        (waiting,) = struct.unpack("i", fcntl.ioctl(self._socket, termios.TIOCOUTQ, bytes(4)))
        before_s, acknowledged = time.monotonic() - SETTLE_S, self._offset - waiting
        while self._sent and self._sent[0].when_s < before_s and self._sent[0].end <= acknowledged:
            self._sent.popleft()
        return self._sent[0].first if self._sent else None

    def close(self) -> None:
        """Ends it."""
        self._socket.close()


def connect(address: str, ca: str) -> socket.socket:
    """To tcp:HOST:PORT or tls:HOST:PORT, whose certificate must be for HOST. OSError."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise Unusable(f"{address} is neither a path, nor tcp:HOST:PORT, nor tls:HOST:PORT")
    host = found[2] or found[3]
    connected = socket.create_connection((host, int(found[4])), WAIT_S)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(WAIT_S * 1000))
    return _secured(connected, host, ca) if found[1] == "tls" else connected


def _secured(connected: socket.socket, host: str, ca: str) -> socket.socket:
    import ssl  # noqa: PLC0415 - 5 MB that most have no use for

    with connected:  # the secured one takes its descriptor
        try:
            context = ssl.create_default_context(cafile=ca or None)
        except OSError as error:
            raise Unusable(f"ca {ca} can't be used: {error.strerror or error}") from None
        return context.wrap_socket(connected, server_hostname=host)
