"""`ttytrace live` at a running service: shows what that records, as it records it.

Invariant: there is no hole that isn't told, and nothing comes twice, also where the service was
started anew meanwhile.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

import orjson

from tracer.cli.labels import tty_name
from tracer.codec.identity import Fields
from tracer.codec.log import MAX_LINE_BYTES, parse
from tracer.errors import NoService
from tracer.model.events import Tty
from tracer.model.selection import Selection

_READ_BYTES: Final = 1 << 16
_QUIET_MS: Final = 250
_AGAIN_MS: Final = 500
_CREDENTIALS: Final = struct.Struct("iII")  # struct ucred: pid, uid, gid


class Screen(Protocol):
    """Where it is shown."""

    def show(self, line: bytes, event: Fields) -> None:
        """A record, and its line without the newline."""

    def miss(self, line: bytes, dropped: Fields) -> None:
        """Records that don't come: how many were `dropped`, `from` and `to`."""

    def rest(self) -> None:
        """Nothing comes for a while."""

    def close(self) -> None:
        """It is over."""


class Service:
    """The one that listens at `path`, to which this is a `connection`. `since_ns`: what is shown
    begins there, nanoseconds since 1970; None: now. `reader`: a pipe that we print to."""

    def __init__(
        self,
        path: Path,
        connection: socket.socket,
        selection: Selection,
        since_ns: int | None,
        reader: int | None,
    ) -> None:
        self._path, self._connection = path, connection
        session, pane, uid, kinds = selection
        self._filter = {"session": session, "pane": pane, "user": uid, "kinds": sorted(kinds)}
        self._since = None if since_ns is None else {"time_ns": since_ns}
        self._reader = reader

    def watch(self, screen: Screen) -> None:
        """Until our reader has gone, whatever becomes of the service. Raises NoService where it
        shows us nothing."""
        while self._stream(screen):
            _say("the service has ended; this goes on with the next one")
            if not self._reconnect():
                return

    def _reconnect(self) -> bool:
        """False when our reader has gone."""
        while _ready(None, self._reader, _AGAIN_MS) is None:
            if (connection := connect(self._path)) is not None:
                self._connection = connection
                return True
        return False

    def _stream(self, screen: Screen) -> bool:
        """True when the service has ended, False when our reader has gone."""
        with closing(self._connection):
            for line in self._lines():
                if line is None:
                    screen.rest()
                elif line:
                    self._take(screen, line)
                else:
                    return False
        screen.rest()
        return True

    def _take(self, screen: Screen, line: bytes) -> None:
        event = parse(line)
        if "ttytrace" in event:
            self._since = {"sequence": event["event"]["sequence"] + 1}
            screen.show(line, event)
        elif "dropped" in event:
            self._since = {"sequence": event["to"] + 1}
            screen.miss(line, event)
        elif "hidden" in event:
            _say(f"{tty_name(Tty(**event['hidden']))} shows this, and is left out")
        elif "hello" in event:
            self._since = self._since or {"sequence": event["hello"]["next"]}
        else:
            raise NoService(path=self._path, reason=f"shows nothing: {event.get('error')}")

    def _lines(self) -> Iterator[bytes | None]:
        """What comes, line by line; None when nothing does for a while, b"" when nobody reads."""
        self._ask()
        rest = b""
        while True:
            ready = _ready(self._connection.fileno(), self._reader, _QUIET_MS)
            if ready is None:
                yield None
            elif ready == self._reader:
                yield b""
            else:
                data = self._receive()
                if not data or len(rest) > MAX_LINE_BYTES:
                    return
                *lines, rest = (rest + data).split(b"\n")
                yield from lines

    def _ask(self) -> None:
        asked = {"filter": self._filter, "since": self._since}
        try:
            self._connection.sendall(orjson.dumps(asked, option=orjson.OPT_APPEND_NEWLINE))
        except OSError:
            return  # it has refused us already, and says why

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(_READ_BYTES)
        except ConnectionError:
            return b""


def connect(path: Path) -> socket.socket | None:
    """A connection to the service that listens there; None where none does. NoService where we may
    not, or somebody else than root listens."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(_address(path))
    except PermissionError:
        reason = "lets only root and the group ttytrace watch"
        raise NoService(path=path, reason=reason) from None
    except OSError:
        connection.close()
        return None
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    if uid not in (0, os.geteuid()):
        raise NoService(path=path, reason=f"is not root's, but of uid {uid}")
    return connection


def _address(path: Path) -> str:
    """Relative, where the path is too long for sun_path."""
    relative = os.path.relpath(path)
    return min(str(path), relative, key=len)


def _ready(connection: int | None, reader: int | None, wait_ms: int) -> int | None:
    """The descriptor that has something to read, or nobody to read it; None if none has in time."""
    poll = select.poll()
    if connection is not None:
        poll.register(connection, select.POLLIN)
    if reader is not None:
        poll.register(reader, 0)  # errors are always told
    ready = poll.poll(wait_ms)
    return ready[0][0] if ready else None


def _say(text: str) -> None:
    print(f"ttytrace: {text}", file=sys.stderr, flush=True)
