"""The one way between the service and a worker: messages of JSON over a pair of sockets, with
descriptors beside them.

Invariant: a message comes whole or not at all; at the service's end a worker's word never makes it
wait. What is too large is a bug of ours, and ValueError.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import parse

MAX_BYTES: Final = 1 << 16
MAX_DESCRIPTORS: Final = 250  # SCM_MAX_FD is 253


class Message(NamedTuple):
    """What came: its fields, and descriptors that are the receiver's to close."""

    fields: Fields
    descriptors: Sequence[int] = ()


class Door:
    """One end. The worker's is its standard input. `descriptors`: as many as a message may bring;
    the kernel closes more."""

    def __init__(self, end: socket.socket, descriptors: int = MAX_DESCRIPTORS) -> None:
        self._end, self._descriptors = end, descriptors

    @classmethod
    def of_worker(cls) -> Door:
        """The end of the worker that we are."""
        return cls(socket.socket(fileno=os.dup(0)))

    def fileno(self) -> int:
        """Readable when there is a message, or the other side has gone."""
        return self._end.fileno()

    def send(self, fields: Fields, descriptors: Sequence[int] = ()) -> bool:
        """Whether it went: not if the other side has gone, or reads too slowly."""
        data = orjson.dumps(fields)
        if len(data) > MAX_BYTES or len(descriptors) > MAX_DESCRIPTORS:
            raise ValueError("a message is too large")
        try:
            socket.send_fds(self._end, [data], list(descriptors), socket.MSG_NOSIGNAL)
        except OSError:
            return False
        return True

    def receive(self) -> Message | None:
        """The next message; None when the other side has gone. Waits, where the end is blocking,
        else raises BlockingIOError. ValueError if it is none of ours."""
        while True:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._end, MAX_BYTES, self._descriptors)
                break
            except ConnectionError:  # it has gone with something of ours unread; said only once
                continue
        for fd in descriptors:
            os.set_inheritable(fd, False)
        return Message(parse(data), descriptors) if data else None

    def close(self) -> None:
        """Lets the other side see that we have gone."""
        self._end.close()


def pair(descriptors: int = MAX_DESCRIPTORS) -> tuple[Door, socket.socket]:
    """The service's end, which never waits, and the socket to give to the worker. `descriptors`:
    see Door."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return Door(ours, descriptors), theirs
