"""Those who watch the running service: where they come to, and the record of each of them.

Invariant: a watcher is on record, and that on the disk, before the worker is told to begin. The
worker's word is not believed: whatever it says, the record is of this form, and nothing fails. The
main thread only hands on: one thread finds out who they are, the log's thread writes it.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Final, NamedTuple, Protocol

from tracer.codec.ecs import host_fields
from tracer.codec.identity import Fields, Identities
from tracer.errors import TtytraceError
from tracer.model.events import ProcessKey
from tracer.observe import logins, procfs
from tracer.observe.host import this_host
from tracer.service.child import Child
from tracer.service.listening import listen
from tracer.settings import Settings
from tracer.sinks.worker import Work
from tracer.store.callers import caller
from tracer.workers.door import Message
from tracer.workers.live_request import Request

_MIB: Final = 1 << 20
_FOR_GROUP: Final = 0o660
_FOR_ALL: Final = 0o666
_PACE_S: Final = 0.25  # each time, the disk is waited for
_MAX_ANSWERS: Final = 256  # in one message
_NO_REQUEST: Final = "nothing is asked for"
_GONE: Final = "the process that asked has gone"
_UNSURE: Final = "it can't be put on record that you watch"


class Sink(Protocol):
    """What is wanted of sinks/record.py."""

    def say(self, action: str, **fields: object) -> None:
        """Appends a record about the run."""

    def sync(self) -> bool:
        """Whether all that was said is on the disk now."""


class _Question(NamedTuple):
    """Who watches, by the number that the worker with this pid has for them, and what."""

    worker: int | None
    number: int
    pid: int
    uid: int
    connected_ns: int
    request: object

    @classmethod
    def of(cls, worker: int | None, said: Fields) -> _Question | None:
        """None if the worker said something else."""
        match said:
            case {
                "watch": int(number),
                "pid": int(pid),
                "uid": int(uid),
                "connected_ns": int(connected_ns),
                "request": request,
            }:
                return cls(worker, number, pid, uid, connected_ns, request)
        return None


class _Watch(NamedTuple):
    """A watcher, what is to be recorded of it, or why it is refused."""

    question: _Question
    record: Fields
    error: str | None = None


class Watchers:
    """Runs the worker `live`. `do`: has the log's thread do something with `sink`. `watch`: see
    Child."""

    def __init__(
        self,
        settings: Settings,
        identities: Identities,
        sink: Sink,
        do: Callable[[Work], None],
        watch: Callable[[int], None],
    ) -> None:
        self._settings, self._identities = settings, identities
        self._sink, self._do = sink, do
        self._asked: deque[_Question] = deque()
        self._next_s = 0.0  # monotonic
        self._thread = ThreadPoolExecutor(1, "watchers")
        self._listener: socket.socket | None = None
        self._child: Child | None = None
        self._refused: str | None = None
        self.state: Fields = {"clients": 0, "dropped": 0}
        """How many watch, and how many records they were told to have missed, as it said last."""
        try:
            mode = _FOR_ALL if settings.live.own_sessions else _FOR_GROUP
            self._listener = listen(Path(settings.live.socket), mode)
        except (TtytraceError, OSError) as error:
            self._refused = str(error)
        else:
            self._child = Child("live", self._hello, self._hear, watch)

    @property
    def trouble(self) -> str | None:
        """Why nobody can watch now."""
        return self._refused if self._child is None else self._child.trouble

    def turn(self, now_ns: int) -> None:
        """Hears the worker."""
        if self._child is not None:
            self._child.turn(now_ns)

    def close(self) -> None:
        """Ends the worker, and all that it shows."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._child is not None:
            self._child.close()
        if self._listener is not None:
            self._listener.close()
            with suppress(OSError):
                Path(self._settings.live.socket).unlink()

    def _hello(self) -> Message:
        assert self._listener is not None
        live = self._settings.live
        fields = {
            "directory": self._settings.log.directory,
            "clients": live.clients,
            "behind_bytes": live.behind_mib * _MIB,
            "own_sessions": live.own_sessions,
            "host": host_fields(this_host()),
        }
        return Message(fields, [self._listener.fileno()])

    def _hear(self, message: Message) -> None:
        match message.fields:
            case {"clients": int(clients), "dropped": int(dropped)}:
                self.state = {"clients": clients, "dropped": dropped}
        assert self._child is not None
        if (question := _Question.of(self._child.pid, message.fields)) is not None:
            self._asked.append(question)
            self._thread.submit(self._look)

    def _look(self) -> None:
        """Finds out who they are: all that have come since the last time, which isn't just now."""
        if not self._asked:
            return
        sleep(max(0, self._next_s - monotonic()))
        self._next_s = monotonic() + _PACE_S
        found, origins = [], dict[ProcessKey, Fields]()
        while self._asked:
            found.append(self._who(self._asked.popleft(), origins))
        self._do(partial(self._record, found))

    def _who(self, asked: _Question, origins: dict[ProcessKey, Fields]) -> _Watch:
        _, _, pid, uid, connected_ns, request = asked
        try:
            wanted = Request.of(request).fields()
        except ValueError:
            return _Watch(asked, {}, _NO_REQUEST)
        seen = procfs.process(pid)
        # One that began later, or is another user's, only has the pid of the one that asked.
        if seen is None or seen.start_time_ns > connected_ns or uid not in (seen.uid, seen.euid):
            return _Watch(asked, {}, _GONE)
        key = ProcessKey(pid, seen.start_time_ns)
        if key not in origins:  # which takes some milliseconds to find out
            origins[key] = self._identities.origin(logins.origin_of(seen))
        by = caller(pid, uid) | origins[key]
        return _Watch(asked, {"command": "live", "by": by} | wanted)

    def _record(self, found: list[_Watch]) -> None:
        for each in found:
            if each.error is None:
                self._sink.say("read", **each.record)
        error = None if self._sink.sync() else _UNSURE
        if self._child is not None:
            # Another worker has the same numbers for others.
            heard = [each for each in found if each.question.worker == self._child.pid]
            self._answer(self._child, heard, error)

    def _answer(self, child: Child, found: list[_Watch], error: str | None) -> None:
        answers = [
            [each.question.number, each.error or error, _tty_of(each.record)] for each in found
        ]
        for at in range(0, len(answers), _MAX_ANSWERS):
            child.send({"watched": answers[at : at + _MAX_ANSWERS]})


def _tty_of(record: Fields) -> list[int] | None:
    match record:
        case {"by": {"tty": {"char_device": {"major": int(major), "minor": int(minor)}}}}:
            return [major, minor]
    return None
