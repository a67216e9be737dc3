"""The worker that hears the audit stream: what it says, and that it never waits."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from tests.audit_records import CWD, EOE, EXECVE, SYSCALL, heard
from tests.patience import eventually
from tracer.codec.audit import from_fields
from tracer.model.audit import AuditBegan, AuditExec, AuditLost, AuditSeen
from tracer.observe.audit_events import Events
from tracer.observe.audit_rules import HEADER
from tracer.workers import audit as module
from tracer.workers.audit import Mouth, listen
from tracer.workers.door import Door, pair

BEGAN = AuditBegan(5, None)


class Stream:
    """Messages as the kernel sends them; the other end is `kernel`."""

    def __init__(self, sender: int = 0) -> None:
        self.kernel, self._end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._end.setblocking(False)
        self._sender = sender
        self.is_full = False

    def fileno(self) -> int:
        return self._end.fileno()

    def recvmsg(self, size: int) -> tuple[bytes, list[Any], int, tuple[int, int]]:
        if self.is_full:
            self.is_full = False
            raise OSError(errno.ENOBUFS, "No buffer space available")
        return self._end.recv(size), [], 0, (self._sender, 1)

    def say(self, *records: tuple[int, bytes]) -> None:
        for type_, data in records:
            self.kernel.send(HEADER.pack(HEADER.size + len(data), type_, 0, 0, 0) + data)


@pytest.fixture
def doors() -> Iterator[tuple[Door, Door]]:
    """The service's, and the worker's, which doesn't wait."""
    ours, theirs = pair()
    theirs.setblocking(False)
    worker = Door(theirs)
    yield ours, worker
    ours.close()
    worker.close()


def said(door: Door) -> list[AuditSeen]:
    """All that has come."""
    seen: list[AuditSeen] = []
    try:
        while message := door.receive():
            seen += map(from_fields, message.fields["seen"])
    except BlockingIOError:
        pass
    return seen


def listening(stream: Stream, door: Door) -> Thread:
    thread = Thread(target=listen, args=(stream, door, BEGAN), daemon=True)
    thread.start()
    return thread


def test_it_tells_what_it_hears_until_its_door_ends(doors: tuple[Door, Door]) -> None:
    """First that it does; what is no record, and what did not come, is told as lost."""
    ours, worker = doors
    stream, seen = Stream(), list[AuditSeen]()
    stream.say(SYSCALL, EXECVE, CWD, EOE, (1300, b"no record syscall=59 "))
    stream.is_full = True
    thread = listening(stream, worker)
    eventually(lambda: seen.extend(said(ours)) or len(seen) == 4)
    began, full, run, refused = seen
    assert began == BEGAN
    assert isinstance(full, AuditLost) and "full" in full.reason and full.records is None
    assert isinstance(run, AuditExec) and run.pid == 171
    assert isinstance(refused, AuditLost) and refused.records == 1
    ours.close()
    thread.join()


@pytest.mark.parametrize(("sender", "heard_of"), [(0, 1), (4711, 0)])
def test_only_the_kernel_is_believed(sender: int, heard_of: int) -> None:
    """Another process may send to any netlink socket."""
    stream = Stream(sender)
    stream.say(SYSCALL, EXECVE, EOE)
    assert len(module._hear(stream, Events(lambda wall_ns: wall_ns))) == heard_of  # type: ignore[arg-type]


def test_what_the_service_does_not_take_is_counted(
    doors: tuple[Door, Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count comes when it takes something again."""
    monkeypatch.setattr(module, "_MAX_WAITING", 600)
    ours, worker = doors
    mouth, seen = Mouth(worker), list[AuditSeen]()
    for n in range(5000):
        mouth.say([heard(n, b"x" * 900, time_ns=n)])
        mouth.flush()
    while came := said(ours):
        seen += came
        mouth.flush()
    lost = [each for each in seen if isinstance(each, AuditLost)]
    pids = [each.pid for each in seen if isinstance(each, AuditExec)]
    assert pids == sorted(pids) and 600 < len(pids) < 5000
    assert sum(each.records or 0 for each in lost) + len(pids) == 5000
