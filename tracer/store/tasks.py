"""Work beside the recording: in small steps between two batches, its heavy parts in a thread.

Invariant: the log is used by the thread that records alone, which waits for no disk here but for a
record's sync. The other thread does one job at a time, and uses no log.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.model.sealed import Stamp
from tracer.settings import LogSettings
from tracer.store.directory import Directory

T = TypeVar("T")
Task = Generator[None, None, T]
"""What is to be done, up to each `yield` at a step."""


class Log(Protocol):
    """What tasks want of store/log.py's Log."""

    def append(self, events: list[Fields], stamp: Stamp) -> None:
        """Takes records."""

    def sync(self, stamp: Stamp) -> bool:
        """Whether all that was appended is sealed and on the disk now."""

    def rotate(self, stamp: Stamp) -> None:
        """Begins another segment."""


class Workplace:
    """What tasks have: the log and the moment of this step, the directory of the segments, and the
    thread."""

    def __init__(self, settings: LogSettings) -> None:
        self.settings = settings
        self.root = Directory(Path(settings.directory))
        self.segments = self.root.inside("log")
        self._thread = ThreadPoolExecutor(1, "ttytrace-store")
        self._now: tuple[Log, Stamp] | None = None

    @property
    def log(self) -> Log:
        """The log; for the time of this step."""
        return self._at()[0]

    @property
    def stamp(self) -> Stamp:
        """The moment of this step."""
        return self._at()[1]

    def step(self, task: Task[None], log: Log, stamp: Stamp) -> bool:
        """Goes on with a task; whether there is more to do. Raises what it raises."""
        self._now = log, stamp
        try:
            next(task)
        except StopIteration:
            return False
        finally:
            self._now = None
        return True

    def elsewhere(self, job: Callable[..., T], *args: Any) -> Task[T]:
        """Has a job done in the thread; its result."""
        future = self._thread.submit(job, *args)
        while not future.done():
            yield
        return future.result()

    def record(self, action: str, **fields: Any) -> Task[None]:
        """Appends a record about the log; ends when it is sealed and on the disk."""
        self.log.append([control(action, self.stamp, **fields)], self.stamp)
        while not self.log.sync(self.stamp):
            yield

    def close(self) -> None:
        """Ends when the job in hand is done; what waits is not begun any more."""
        self._thread.shutdown(cancel_futures=True)
        self.segments.close()
        self.root.close()

    def _at(self) -> tuple[Log, Stamp]:
        assert self._now is not None, "a task runs in step() alone"
        return self._now
