"""Names of users for the service, which asks a worker: modules of NSS may hang.

Invariant: a name takes DEADLINE_S at most, and while one is late nobody waits for another. What
isn't known in time is None, and asked again.
"""

from __future__ import annotations

import select
import socket
from threading import Lock
from typing import Final, NamedTuple

from tracer.clock import boot_ns
from tracer.observe.names import CACHED
from tracer.workers.door import Door, Message

DEADLINE_S: Final = 0.2
_AGAIN_NS: Final = 5_000_000_000  # an account may be made meanwhile
_FOR_GOOD: Final = 1 << 63


class _Known(NamedTuple):
    name: str | None
    until_ns: int


class Names:
    """For any thread. hello() and sent() are for the Child that runs tracer.workers.names."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[int, _Known] = {}
        self._late: int | None = None
        self._door: Door | None = None
        self._theirs: socket.socket | None = None

    def hello(self) -> Message:
        """What a new worker gets: an end of a new door."""
        ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with self._lock:
            self._shut()
            self._door, self._late = Door(ours, descriptors=0), None
        return Message({}, [self._theirs.fileno()])

    def sent(self, _descriptor: int) -> None:
        """The worker has its end: so that we see when it goes, nobody else has it."""
        if self._theirs is not None:
            self._theirs.close()

    def __call__(self, uid: int | None) -> str | None:
        """The login name of a uid; None where it has none, none is known yet, or there is no
        uid."""
        if uid is None:
            return None
        with self._lock:
            if self._late is not None:
                self._hear(0)
            known = self._known.get(uid)
            if known is None or known.until_ns < boot_ns():
                self._ask(uid)
                known = self._known.get(uid)
            return known and known.name

    def close(self) -> None:
        """Lets the worker end."""
        with self._lock:
            self._shut()

    def _ask(self, uid: int) -> None:
        if self._late is None and self._door is not None and self._door.send({"uid": uid}):
            self._late = uid
            self._hear(DEADLINE_S)

    def _hear(self, wait_s: float) -> None:
        if self._door is None or not _is_readable(self._door, wait_s):
            return
        try:
            message = self._door.receive()
        except ValueError:  # the thread that seals must not end for it
            message = None
        if message is None:
            self._shut()  # the worker ends, and the next one comes with another door
        elif self._late is not None:
            name = message.fields.get("name")
            self._keep(self._late, name if isinstance(name, str) else None)
            self._late = None

    def _keep(self, uid: int, name: str | None) -> None:
        if len(self._known) >= CACHED:
            del self._known[next(iter(self._known))]
        self._known[uid] = _Known(name, _FOR_GOOD if name else boot_ns() + _AGAIN_NS)

    def _shut(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None


def _is_readable(door: Door, wait_s: float) -> bool:
    poll = select.poll()  # select() knows no descriptor beyond 1023
    poll.register(door, select.POLLIN)
    return bool(poll.poll(wait_s * 1000))
