"""What is done with a log beside recording: compression, retention, and what others ask for.

To be used by whoever has the log open, in the thread that uses it:

    housekeeping = Housekeeping(settings)    # once Log.open() is back
    housekeeping.take(request)               # is begun at the next step
    housekeeping.step(log, stamp)            # after each log.tick(stamp)
    housekeeping.close()                     # before log.close(stamp)

Invariant: step() waits for nothing but the disk, and that only when a record must be on it.
"""

from __future__ import annotations

from typing import Final

from tracer.errors import BadLog, NotErased
from tracer.model.sealed import Stamp
from tracer.settings import LogSettings
from tracer.store.compress import compress, compressible
from tracer.store.errands import errand
from tracer.store.requests import Request
from tracer.store.retain import retain
from tracer.store.rewrite import tidy
from tracer.store.space import Space, space_of
from tracer.store.tasks import Log, Task, Workplace

_PERIOD_NS: Final = 60_000_000_000
_MAX_TASKS: Final = 64
_FAILURES: Final = (BadLog, NotErased, OSError, ValueError)


class Housekeeping:
    """Raises NoLog, BadLog."""

    def __init__(self, settings: LogSettings) -> None:
        self._place = Workplace(settings)
        self._tasks: list[Task[None]] = [self._chores()]
        self.trouble: str | None = None
        """What went wrong last time in compression or retention."""
        self.space: Space | None = None
        """What the log takes of the disk, a minute ago at most."""

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return len(self._tasks) > 1  # the chores have no end

    def take(self, request: Request) -> None:
        """Does what is asked, in time, and answers."""
        if len(self._tasks) > _MAX_TASKS:
            request.answer("too much is asked at once")
        else:
            self._tasks.append(self._serve(request))

    def configure(self, settings: LogSettings) -> None:
        """Goes by other settings, at the next chores; the places stay."""
        self._place.settings = settings

    def step(self, log: Log, stamp: Stamp) -> None:
        """Does what can be done now. Raises what the log raises."""
        self._tasks = [task for task in self._tasks if self._place.step(task, log, stamp)]

    def close(self) -> None:
        """Ends when the job in hand is done; requests that wait are told so."""
        for task in self._tasks:
            task.close()
        self._place.close()

    def _serve(self, request: Request) -> Task[None]:
        error: str | None = "ttytrace ends"
        try:
            yield from errand(self._place, request.asked, request.by)
            error = None
        except _FAILURES as failure:
            error = str(failure)
        finally:
            request.answer(error)

    def _chores(self) -> Task[None]:
        place = self._place
        while True:
            due_ns = place.stamp.boot_ns + _PERIOD_NS
            troubles = []
            tidying = place.elsewhere(tidy, place.segments)
            for chore in (tidying, retain(place), self._compress(), self._measure()):
                try:
                    yield from chore
                except _FAILURES as failure:
                    troubles.append(str(failure))
            self.trouble = "; ".join(troubles) or None
            while place.stamp.boot_ns < due_ns:
                yield

    def _compress(self) -> Task[None]:
        place = self._place
        for segment in (yield from place.elsewhere(compressible, place.segments)):
            yield from place.elsewhere(compress, place.segments, segment)

    def _measure(self) -> Task[None]:
        self.space = yield from self._place.elsewhere(space_of, self._place.segments)
