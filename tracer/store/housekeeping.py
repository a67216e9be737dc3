"""What is done with a log beside recording: compression, retention, and what others ask for.

To be used by whoever has the log open, in the thread that uses it:

    housekeeping = Housekeeping(settings)    # once Log.open() is back
    housekeeping.step(log, stamp)            # after each log.tick(stamp)
    housekeeping.close()                     # before log.close(stamp)

Invariant: step() waits for nothing but the disk, and that only when a record must be on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tracer.errors import BadLog, NotErased
from tracer.model.sealed import Stamp
from tracer.settings import LogSettings
from tracer.store.compress import compress, compressible
from tracer.store.directory import Directory
from tracer.store.errands import errand
from tracer.store.requests import Request, Requests
from tracer.store.retain import retain
from tracer.store.rewrite import tidy
from tracer.store.tasks import Log, Task, Workplace

_PERIOD_NS: Final = 60_000_000_000
_FAILURES: Final = (BadLog, NotErased, OSError, ValueError)


class Housekeeping:
    """Raises NoLog, BadLog."""

    def __init__(self, settings: LogSettings) -> None:
        self._place = Workplace(settings)
        self._keys_at = Directory(Path(settings.state))
        self._requests = Requests(self._keys_at)
        self._tasks: list[Task[None]] = [self._chores()]
        self.trouble: str | None = None
        """What went wrong last time in compression or retention."""

    def step(self, log: Log, stamp: Stamp) -> None:
        """Does what can be done now. Raises what the log raises."""
        requests = self._requests.poll(stamp.boot_ns)
        self._tasks += [self._serve(request) for request in requests]
        self._tasks = [task for task in self._tasks if self._place.step(task, log, stamp)]

    def close(self) -> None:
        """Ends when the job in hand is done; requests that wait are told so."""
        for task in self._tasks:
            task.close()
        self._requests.close()
        self._keys_at.close()
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
            for chore in (place.elsewhere(tidy, place.segments), retain(place), self._compress()):
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
