"""One client of the live server: from its connection to its end.

Invariant: it holds its request and one text that waits to be sent, no more, and nothing here waits
for it. What it gets is in the order of the log; where records are left out, a line says so.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from enum import Enum
from typing import Final, NamedTuple

import orjson

from tracer.codec.identity import Fields
from tracer.model.events import Tty
from tracer.store.follow import Follower
from tracer.workers.live_request import Request, Seen, View
from tracer.workers.live_window import Shown, Window, shown

MAX_REQUEST_BYTES: Final = 1 << 16

_SO_PEERGROUPS: Final = 59  # asm-generic/socket.h: an array of gid_t
_CREDENTIALS: Final = struct.Struct("iII")  # struct ucred: pid, uid, gid
_MAX_GROUPS_BYTES: Final = 1024  # as Python has it: 256 groups; whoever is in more is in none
_STEP_BYTES: Final = 1 << 16
_STEPS: Final = 8  # before others have their turn


class Peer(NamedTuple):
    """The process that connected, as the kernel tells of that moment."""

    pid: int
    uid: int
    gids: frozenset[int]

    @classmethod
    def of(cls, connection: socket.socket) -> Peer:
        """Who is at the other end."""
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, uid, gid = _CREDENTIALS.unpack(raw)
        more = b""
        with suppress(OSError):
            more = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _MAX_GROUPS_BYTES)
        return cls(pid, uid, frozenset([gid, *struct.unpack(f"{len(more) // 4}I", more)]))


class Stream:
    """Where in the log a client is: in the store as long as it catches up, then in the window.
    `start`: the record that it begins with, None where the `follower` finds that out."""

    def __init__(self, view: View, start: int | None, follower: Follower | None = None) -> None:
        self.view = view
        self._follower = follower
        self._is_begun = start is not None
        self.next = start or 0
        self.dropped = 0
        """Records that it was too far behind for."""
        self._hidden: frozenset[Tty] = frozenset()  # and that was told

    def text(self, window: Window, watched: frozenset[Tty]) -> bytes | None:
        """What comes next; b"" where nothing of it is to be shown, None where there is nothing
        yet."""
        if self._follower is not None:
            return self._stored(self._follower, window, watched)
        if self.next < window.start:
            return self._skip(window.end)
        batch = window.at(self.next)
        if batch is None:
            return None
        text = self._told(batch.text(self.view, self.next, watched))
        self.next = batch.end
        return text

    @property
    def is_behind(self) -> bool:
        """Whether it reads the store."""
        return self._follower is not None

    def close(self) -> None:
        """Gives back what it holds of the store."""
        if self._follower is not None:
            self._follower.close()
            self._follower = None

    def _stored(self, follower: Follower, window: Window, watched: frozenset[Tty]) -> bytes:
        text, lines = b"", follower.take(_STEP_BYTES)
        if lines:
            if self._is_begun:
                text = self._skip(lines[0].sequence)
            text += self._told(shown(map(Seen, lines), self.view, watched))
            self._is_begun = True
        # Not at its very start: what is there would be gone with the next write.
        if follower.is_at_end or (lines and follower.next >= window.middle):
            self.close()
        self.next = follower.next
        return text

    def _told(self, what: Shown) -> bytes:
        new, self._hidden = what.hidden - self._hidden, self._hidden | what.hidden
        return b"".join(_line({"hidden": tty._asdict()}) for tty in sorted(new)) + what.text

    def _skip(self, to: int) -> bytes:
        before, self.next = self.next, to
        self.dropped += max(0, to - before)
        return dropped(before, to)


class Turn(Enum):
    """What a client can do next."""

    IDLE = "all that there is was sent"
    BUSY = "there is more"
    BLOCKED = "it doesn't read"


class Client:
    """A connection. Methods raise OSError when it is over."""

    def __init__(self, connection: socket.socket, peer: Peer, now_ns: int) -> None:
        self.connection = connection
        self.fd: Final = connection.fileno()
        """What it was called, also once it is closed."""
        self.peer = peer
        self.since_ns = now_ns
        """When it connected (CLOCK_BOOTTIME), or when what it waits for began."""
        self.request: Request | None = None
        self.number = 0
        """Of what the service was asked about it; 0: nothing yet."""
        self.tty: Tty | None = None
        self.stream: Stream | None = None
        self._asked = b""
        self._out = memoryview(b"")

    @property
    def sees_all(self) -> bool:
        """Not only what is its user's; False as long as it sees nothing."""
        return self.stream is not None and self.stream.view.owner is None

    @property
    def is_behind(self) -> bool:
        """Whether what it gets next is read for it alone."""
        return self.stream is not None and self.stream.is_behind

    def hear(self) -> Request | None:
        """Its request, once that has come in whole; ValueError if it can't become one. What it says
        later counts for nothing."""
        data = self.connection.recv(MAX_REQUEST_BYTES)
        if not data:
            raise ConnectionResetError
        if self.request is not None:
            return None
        self._asked += data
        if len(self._asked) > MAX_REQUEST_BYTES:
            raise ValueError("a request is one line of JSON, of at most 64 KiB")
        if b"\n" not in data:
            return None
        self.request = Request.parse(self._asked)
        self._asked = b""
        return self.request

    def begin(self, hello: Fields, stream: Stream) -> None:
        """Streams from now on."""
        self.stream = stream
        self._out = memoryview(_line({"hello": hello}))

    def back(self, sequence: int) -> None:
        """The log lost its end, and goes on from here."""
        if self.stream is not None:
            self.stream.next = min(self.stream.next, sequence)

    def pump(self, window: Window, watched: frozenset[Tty]) -> Turn:
        """Sends what it takes now."""
        assert self.stream is not None
        for _ in range(_STEPS):
            if not self._flush():
                return Turn.BLOCKED
            text = self.stream.text(window, watched)
            if text is None:
                return Turn.IDLE
            self._out = memoryview(text)
        return Turn.BUSY

    def refuse(self, why: str) -> None:
        """Tells why it ends, if it hears that, and ends."""
        with suppress(OSError):
            self.connection.send(_line({"error": why}), socket.MSG_NOSIGNAL)
        self.close()

    def close(self) -> None:
        """Ends it."""
        if self.stream is not None:
            self.stream.close()
        self.connection.close()

    def _flush(self) -> bool:
        while self._out:
            try:
                sent = self.connection.send(self._out, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                return False
            self._out = self._out[sent:]
        return True


def dropped(start: int, end: int) -> bytes:
    """The line that stands for the records of the log from `start` up to `end`; none for none."""
    if end <= start:
        return b""
    return _line({"dropped": end - start, "from": start, "to": end - 1})


def _line(fields: Fields) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
