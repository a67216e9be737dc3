"""Starts capturing on this host and keeps the stream moving until told to stop.

Invariant: whatever way it ends, nothing stays attached; SIGINT and SIGTERM end it in order.
"""

from __future__ import annotations

import gc
import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from tracer.capture.audit import AuditSource
from tracer.capture.kernel import KernelSource
from tracer.capture.program import LoadedProgram
from tracer.capture.share import Share
from tracer.clock import boot_ns
from tracer.decode.order import Tally
from tracer.errors import NotRoot
from tracer.model.facts import Fact
from tracer.model.findings import Finding, ProcessEnded
from tracer.model.stage import Sink
from tracer.observe import procfs
from tracer.observe.observer import Observer, own_sessions
from tracer.observe.scope import Scope
from tracer.pipeline import Pipeline
from tracer.redact.stage import Redactor
from tracer.settings import Settings

_PERIOD_NS: Final = 5_000_000  # while records come
_LONGEST_NS: Final = 250_000_000
_SHARE: Final = 4
_GC_THRESHOLD: Final = 100_000
_KEY_BYTES: Final = 32


class Capture:
    """`program`: attached; becomes its own; or what stands for it. `sinks` get the findings of
    every turn. Raises BadConfig."""

    def __init__(
        self, sinks: Sequence[Sink], program: LoadedProgram | AuditSource, settings: Settings
    ) -> None:
        relax_gc()
        redactor = Redactor(settings.redact, settings.input, os.urandom(_KEY_BYTES))
        self._redactor = redactor
        self.plan: Final = program.plan
        self.why: Final = program.why
        self._program = program
        self._share = Share(settings.limits.cpu_percent)
        self._source: KernelSource | AuditSource
        if isinstance(program, AuditSource):
            self._source, sinks = program, [_WithoutEnds(sink) for sink in sinks]
        else:
            self._source = KernelSource(program, settings.rings, self._share)
        self._world = Observer(program, Scope(settings.scope))
        self._pipeline = Pipeline(self._source, sinks, redactor, self._world)
        for session in own_sessions():
            program.exclude_session(session)

    def run(self, on_ready: Callable[[], None], reader_fd: int | None = None) -> None:
        """Moves the stream until SIGINT or SIGTERM, then ends in order.

        `reader_fd`: a pipe that we write to; when its reader goes, that is the end too.
        """
        with _until_signal() as signals, select.epoll() as poll:
            poll.register(signals, select.EPOLLIN)
            if reader_fd is not None:
                poll.register(reader_fd, 0)  # errors are always told
            self.learn(self.seed())
            on_ready()
            for ready in self.turns(poll):
                if ready & {signals, reader_fd}:
                    break
            self.finish()

    def configure(self, settings: Settings, scope: Scope) -> None:
        """Has other settings hold for what comes from now on."""
        self._share.percent = settings.limits.cpu_percent
        self._redactor.take_settings(settings.redact, settings.input)
        self._pipeline.learn(self._world.rescope(scope), boot_ns())

    def learn(self, facts: list[Fact]) -> None:
        """What somebody beside the stream found out."""
        self._pipeline.learn(facts, boot_ns())

    def compared(self) -> dict[str, int]:
        """How the audit stream agrees with the kernel half."""
        return self._pipeline.compared()

    def seed(self) -> list[Fact]:
        """What is there, followed from now on; to be learned before the first turn."""
        return self._world.seed()

    def turns(self, poll: select.epoll) -> Iterator[set[int]]:
        """Moves the stream for as long as it is asked for the next turn. Before each it comes by
        with the descriptors of `poll` that have an event, which the caller registered."""
        for fd in self._source.filenos():
            poll.register(fd, select.EPOLLIN | select.EPOLLET)
        poll.register(self._world, select.EPOLLIN)
        while True:
            yield {fd for fd, _ in poll.poll(self._period_ns() / 1e9)}
            if isinstance(self._source, AuditSource):
                self.learn(self._source.facts())
            self._pipeline.turn()

    def _period_ns(self) -> int:
        """How long to sleep. What stages hold for some time is let go late by a share of that time,
        at most; and a record that comes after a pause wakes us."""
        quiet_ns = boot_ns() - self._source.active_ns
        if quiet_ns < _SHARE * _PERIOD_NS:
            return _PERIOD_NS
        self._source.want_wake_up()
        return min(quiet_ns // _SHARE, _LONGEST_NS)

    def mend(self) -> list[int]:
        """Follows again the servers that somebody else took out of the kernel half's table, or
        changed there; returns them."""
        if isinstance(self._program, AuditSource):
            return []
        has, over = self._program.has_server, procfs.is_over
        gone = [each for each in self._pipeline.servers if not has(each) and not over(each)]
        for tgid in gone:
            self.learn(self._world.adopt(tgid))
        return gone

    def moved(self) -> dict[str, int]:
        """How often somebody else moved the position of a ring, by the names of those moved."""
        return {} if isinstance(self._source, AuditSource) else self._source.moved

    def finish(self) -> None:
        """Detaches, and sends all that is left."""
        self._pipeline.finish()

    def follow(self, tgid: int, server_tgid: int) -> None:
        """Puts a process, as a pane of its own, under what is taken for a server."""
        self._program.follow(tgid, server_tgid, tgid)

    def tallies(self) -> dict[int, Tally]:
        """What the kernel half made, and what came of it, by kind of record."""
        return self._pipeline.tallies()

    def faults(self) -> dict[str, int]:
        """What the kernel half could not do, a second ago."""
        return self._source.faults

    def close(self) -> None:
        """Detaches everything."""
        self._world.close()
        with suppress(ValueError):
            self._source.close()


class _WithoutEnds:
    """A source that doesn't know how processes end tells of none."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, findings: list[Finding]) -> None:
        """Takes findings, in order."""
        self._sink.write([each for each in findings if not isinstance(each, ProcessEnded)])


def require_root(command: str) -> None:
    """Raises NotRoot."""
    if os.geteuid() != 0:
        raise NotRoot(command=command)


def relax_gc() -> None:
    """Lets Python look for cycles seldom: records are tuples that make none, and to look through
    all that wait took a tenth of the consumer's time."""
    gc.set_threshold(_GC_THRESHOLD)


@contextmanager
def _until_signal() -> Iterator[int]:
    """A descriptor that becomes readable on SIGINT or SIGTERM."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    before = signal.set_wakeup_fd(writer)

    def note(_number: int, _frame: FrameType | None) -> None:
        """The wake-up descriptor has told already."""

    handlers = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield reader
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)
