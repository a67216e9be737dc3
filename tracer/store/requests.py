"""What other commands ask of the process that records: one JSON line each way, over a socket beside
the keys of the log. How they ask is asking.py's; what is done is service/control.py's.

Invariant: nothing that a peer sends, or doesn't, makes the recording wait: all here returns at
once, is bounded in size, number and time, and only root is heard.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.store.callers import caller
from tracer.store.directory import Directory

MAX_BYTES: Final = 1 << 16
"""Of a request, and of an answer."""

_SOCKET: Final = "socket"
_MAX_PEERS: Final = 16
_PATIENCE_NS: Final = 5_000_000_000
_CREDENTIALS: Final = struct.Struct("iII")  # struct ucred: pid, uid, gid


def address(directory: Directory) -> str:
    """Where the socket is; by a way that is short enough for sun_path, and walks no path."""
    return f"/proc/self/fd/{directory.fd}/{_SOCKET}"


class Request:
    """What is asked, and who asks: see callers.py."""

    def __init__(self, connection: socket.socket, asked: Fields, by: Fields) -> None:
        self.asked = asked
        self.by = by
        self._connection = connection

    def answer(self, error: str | None = None, **fields: Any) -> None:
        """Tells that it is done, or why not, whether anybody still listens or not. Of any thread,
        once."""
        _end(self._connection, {"error": error} | fields)


def _nobody(_fd: int) -> None:
    """Who polls by the clock watches nothing."""


class Requests:
    """The listening end. `directory`: that of the keys, which only one process uses. `watch`: gets
    each descriptor on which something may come, to be edge-triggered."""

    def __init__(self, directory: Directory, watch: Callable[[int], None] = _nobody) -> None:
        self._directory = directory
        self._watch = watch
        with suppress(FileNotFoundError):
            directory.remove(_SOCKET)  # of a run that was killed
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._listener.bind(address(directory))
        os.chmod(_SOCKET, 0o600, dir_fd=directory.fd)
        self._listener.listen(_MAX_PEERS)
        self._peers: list[_Peer] = []
        watch(self._listener.fileno())

    def poll(self, now_ns: int) -> list[Request]:
        """Those that came in whole since the last call. `now_ns`: CLOCK_BOOTTIME."""
        self._accept(now_ns)
        waiting, self._peers = self._peers, []
        requests = []
        for peer in waiting:
            try:
                requests.append(peer.read())
            except BlockingIOError:
                if now_ns < peer.deadline_ns:
                    self._peers.append(peer)
                else:
                    peer.refuse("the request did not come in time")
            except (OSError, ValueError) as error:
                peer.refuse(str(error))
        return requests

    def close(self) -> None:
        """Hears nobody any more."""
        for peer in self._peers:
            peer.refuse("ttytrace ends")
        self._listener.close()
        self._directory.remove(_SOCKET)

    def _accept(self, now_ns: int) -> None:
        with suppress(OSError):
            while len(self._peers) < _MAX_PEERS:
                connection, _ = self._listener.accept()
                connection.setblocking(False)
                self._watch(connection.fileno())
                self._peers.append(_Peer(connection, now_ns + _PATIENCE_NS))


class _Peer:
    """A connection whose request has not come in whole yet."""

    def __init__(self, connection: socket.socket, deadline_ns: int) -> None:
        self.deadline_ns = deadline_ns
        self._connection = connection
        self._data = b""

    def read(self) -> Request:
        """The request; BlockingIOError while it isn't whole, ValueError if it can't become one."""
        raw = self._connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, uid, _ = _CREDENTIALS.unpack(raw)
        if uid not in (0, os.geteuid()):
            raise ValueError("only root may ask")
        data = self._connection.recv(MAX_BYTES)
        self._data += data
        if not data or len(self._data) > MAX_BYTES:
            raise ValueError("this is no request: one JSON line, of at most 64 KiB")
        if not self._data.endswith(b"\n"):
            raise BlockingIOError
        return Request(self._connection, parse(self._data), caller(pid, uid))

    def refuse(self, why: str) -> None:
        """Hears it no more."""
        _end(self._connection, {"error": why})


def _end(connection: socket.socket, answer: Fields) -> None:
    with connection, suppress(OSError):
        connection.send(orjson.dumps(answer) + b"\n", socket.MSG_NOSIGNAL)
