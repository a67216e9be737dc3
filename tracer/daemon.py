"""Starts capturing on this host and keeps the stream moving until told to stop.

Invariant: whatever way it ends, nothing stays attached; SIGINT and SIGTERM end it in order.
"""

from __future__ import annotations

import gc
import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from tracer.capture.kernel import KernelSource
from tracer.capture.loader import load
from tracer.clock import boot_ns
from tracer.decode.order import Tally
from tracer.errors import NotRoot
from tracer.model.stage import Sink
from tracer.observe.observer import Observer, own_sessions
from tracer.pipeline import Pipeline
from tracer.probe.btf import Btf
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import choose
from tracer.probe.survey import survey
from tracer.redact.stage import Redactor
from tracer.settings import InputPolicy, Settings

PERIOD_S: Final = 0.01
_GC_THRESHOLD: Final = 100_000
_KEY_BYTES: Final = 32


class Capture:
    """The hooks are in place. `sinks` get the findings of every turn. Raises BadConfig, and what
    choosing a plan and loading it may."""

    def __init__(self, sinks: list[Sink], wanted_plan: str | None, settings: Settings) -> None:
        relax_gc()
        redactor = Redactor(settings.redact, settings.input, os.urandom(_KEY_BYTES))
        btf, rings = Btf.load(), settings.rings
        self.plan = choose(survey(btf), wanted_plan)
        is_input_wanted = settings.input is not InputPolicy.OFF
        self._program = load(self.plan, kernel_types(btf), rings, is_input_wanted)
        self._source = KernelSource(self._program, rings)
        self._world = Observer(self._program)
        self._pipeline = Pipeline(self._source, sinks, redactor, self._world)
        for session in own_sessions():
            self._program.exclude_session(session)

    def run(self, on_ready: Callable[[], None], reader_fd: int | None = None) -> None:
        """Moves the stream until SIGINT or SIGTERM, then ends in order.

        `reader_fd`: a pipe that we write to; when its reader goes, that is the end too.
        """
        with _until_signal() as signals, select.epoll() as poll:
            poll.register(signals, select.EPOLLIN)
            if reader_fd is not None:
                poll.register(reader_fd, 0)  # errors are always told
            self.begin()
            on_ready()
            for ready in self.turns(poll):
                if ready & {signals, reader_fd}:
                    break
            self.finish()

    def begin(self) -> None:
        """Finds out what is there."""
        self._pipeline.learn(self._world.seed(), boot_ns())

    def turns(self, poll: select.epoll) -> Iterator[set[int]]:
        """Moves the stream for as long as it is asked for the next turn. Before each it comes by
        with the descriptors of `poll` that have an event, which the caller registered."""
        for fd in self._source.filenos():
            poll.register(fd, select.EPOLLIN | select.EPOLLET)
        while True:
            yield {fd for fd, _ in poll.poll(PERIOD_S)}
            self._pipeline.turn()

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
