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
from tracer.config import InputPolicy, Settings
from tracer.errors import NotRoot
from tracer.model.stage import Sink
from tracer.observe.observer import Observer, own_sessions
from tracer.pipeline import Pipeline
from tracer.probe.btf import Btf
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import choose
from tracer.probe.survey import survey
from tracer.redact.stage import Redactor

PERIOD_S: Final = 0.01
_GC_THRESHOLD: Final = 100_000
_KEY_BYTES: Final = 32


class Capture:
    """A running capture. `sinks` get the findings of every turn. Raises BadConfig."""

    def __init__(self, sinks: list[Sink], wanted_plan: str | None, settings: Settings) -> None:
        if os.geteuid() != 0:
            raise NotRoot(command="live")
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
        self._pipeline.learn(self._world.seed(), boot_ns())

    def run(self, on_ready: Callable[[], None], reader_fd: int | None = None) -> None:
        """Moves the stream until SIGINT or SIGTERM, then ends in order.

        `reader_fd`: a pipe that we write to; when its reader goes, that is the end too.
        """
        with _until_signal() as signals, select.epoll() as poll:
            ends = {signals}
            poll.register(signals, select.EPOLLIN)
            if reader_fd is not None:
                ends.add(reader_fd)
                poll.register(reader_fd, 0)  # errors are always told
            for fd in self._source.filenos():
                poll.register(fd, select.EPOLLIN | select.EPOLLET)
            on_ready()
            while not ends & {fd for fd, _ in poll.poll(PERIOD_S)}:
                self._pipeline.turn()
            self._pipeline.finish()

    def close(self) -> None:
        """Detaches everything."""
        self._world.close()
        with suppress(ValueError):
            self._source.close()


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
