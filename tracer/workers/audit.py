"""Hears the kernel's audit stream, beside whoever else does, and tells what of it concerns us.

Invariant: nothing of what is audited is changed; once it listens it has no rights at all. The
service never waits for it: what doesn't go through the door is counted, and the count comes later.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import closing, suppress
from typing import Final

import orjson

from tracer.clock import boot_ns
from tracer.codec.audit import to_fields
from tracer.model.audit import AuditBegan, AuditLost, AuditSeen
from tracer.observe.audit_events import Events
from tracer.observe.audit_parse import MAX_RECORD_BYTES
from tracer.observe.audit_rules import HEADER, NETLINK_AUDIT, ask
from tracer.privileges import become, worker_account
from tracer.workers.door import MAX_BYTES, Door

_READLOG: Final = 1  # AUDIT_NLGRP_READLOG, as a bit
_SO_RCVBUFFORCE: Final = 33
_BUFFER_BYTES: Final = 16 << 20
_TURN: Final = 512  # records between two messages
_PERIOD_S: Final = 0.5
_MAX_WAITING: Final = 8192


class Mouth:
    """Says what was heard, in messages as large as the door takes, and never waits."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._waiting: deque[bytes] = deque()
        self._dropped = 0

    def say(self, seen: Iterable[AuditSeen]) -> None:
        """Soon; if too much waits, the newest is dropped."""
        for each in seen:
            if len(self._waiting) < _MAX_WAITING:
                self._waiting.append(orjson.dumps(to_fields(each)))
            else:
                self._dropped += 1

    def flush(self) -> None:
        """As much as goes."""
        if self._dropped and len(self._waiting) < _MAX_WAITING:
            lost = AuditLost(boot_ns(), "the service was too slow", self._dropped)
            self._dropped = 0
            self.say([lost])
        while self._waiting:
            batch = self._batch()
            if not self._door.send({"seen": [orjson.Fragment(each) for each in batch]}):
                return
            for _ in batch:
                self._waiting.popleft()

    def _batch(self) -> list[bytes]:
        batch, left = [], MAX_BYTES - 64
        for each in self._waiting:
            left -= len(each) + 1
            if left < 0:
                break
            batch.append(each)
        return batch


def listen(stream: socket.socket, door: Door, began: AuditBegan) -> None:
    """Tells what the stream says, until the door ends."""
    events, mouth = Events(_boot_of), Mouth(door)
    mouth.say([began])
    mouth.flush()
    with select.epoll() as poll:
        poll.register(door, select.EPOLLIN)
        poll.register(stream, select.EPOLLIN)
        while door.fileno() not in {fd for fd, _ in poll.poll(_PERIOD_S)}:
            mouth.say(_hear(stream, events))
            mouth.say(events.tick(boot_ns()))
            if events.refused:
                mouth.say([AuditLost(boot_ns(), "not an audit record", events.refused)])
                events.refused = 0
            mouth.flush()


def _hear(stream: socket.socket, events: Events) -> list[AuditSeen]:
    seen: list[AuditSeen] = []
    for _ in range(_TURN):
        try:
            message, _, _, sender = stream.recvmsg(MAX_RECORD_BYTES)
        except BlockingIOError:
            break
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            seen.append(AuditLost(boot_ns(), "the receive buffer was full", None))
            continue
        if sender[0] == 0 and len(message) >= HEADER.size:  # from the kernel
            type_ = HEADER.unpack_from(message)[1]
            seen += events.feed(type_, message[HEADER.size :], boot_ns())
    return seen


def _boot_of(wall_ns: int) -> int:
    now_ns = boot_ns()
    return min(now_ns, now_ns - time.time_ns() + wall_ns)


def join() -> socket.socket:
    """A socket that hears the audit stream. OSError without CAP_AUDIT_READ, or where the kernel
    has no audit."""
    stream = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, NETLINK_AUDIT)
    try:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        with suppress(PermissionError):  # beyond net.core.rmem_max
            stream.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        stream.bind((0, _READLOG))
    except OSError:
        stream.close()
        raise
    return stream


def main() -> None:
    """The process: it says first what is audited. The exit code says why it ended."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    door = Door.of_worker()
    if door.receive() is None:
        return
    with closing(join()) as stream:
        state = ask()
        become(worker_account())
        os.set_blocking(door.fileno(), False)
        listen(stream, door, AuditBegan(boot_ns(), state.trouble if state else None))


if __name__ == "__main__":
    main()
