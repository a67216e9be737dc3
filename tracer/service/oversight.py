"""What an operator sees and sets while a run records: its socket, its status, its settings, and
counters for Prometheus.

Invariant: nothing here is needed to record, and none of it makes recording wait.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from typing import Final, NamedTuple

from tracer.clock import boot_ns
from tracer.codec.identity import Fields
from tracer.config import Loaded
from tracer.daemon import Capture
from tracer.observe.scope import Scope
from tracer.service.control import Control
from tracer.service.metrics import Metrics
from tracer.service.reload import Reload, Source
from tracer.service.status import Status, beat_fields, log_fields, record_fields
from tracer.settings import Settings
from tracer.sinks.record import RecordSink
from tracer.sinks.worker import Worker
from tracer.store.housekeeping import Housekeeping
from tracer.store.log import Log
from tracer.store.requests import Request

_MIB: Final = 1 << 20


class Run(NamedTuple):
    """What is overseen. `parts`: what else says how it stands, by name. `ailing`: sentences of
    parts that don't do as they should. `configure`: what else goes by settings."""

    capture: Capture
    worker: Worker
    sink: RecordSink
    log: Log
    keeper: Housekeeping
    say: Callable[..., None]
    parts: Mapping[str, Callable[[], object]]
    ailing: Callable[[], Sequence[str | None]]
    configure: Callable[[Settings], None]


class Oversight:
    """Over a run with the settings that were `loaded` from `source`. `poll`: wakes the stream.
    `announce` hears that settings are read again (None), and what came of it."""

    def __init__(
        self,
        run: Run,
        source: Source,
        loaded: Loaded,
        poll: select.epoll,
        announce: Callable[[Fields | None], None],
    ) -> None:
        self._run = run
        self._start_ns = boot_ns()
        self._scope = Scope(loaded.settings.scope)
        self._reload = Reload(source, loaded, self._take, run.say, announce)
        self.reload = self._reload.begin
        self._status = Status(self._start_ns, self._parts() | dict(run.parts))
        edge = partial(poll.register, eventmask=select.EPOLLIN | select.EPOLLET)
        state = loaded.settings.log.state
        self._control = Control(state, edge, self._serve, self._status.fields, self.reload)
        watch = partial(poll.register, eventmask=select.EPOLLIN)
        self._metrics = Metrics(loaded.settings.metrics, self._status.recent, watch)

    def turn(self, now_ns: int) -> None:
        """Does what is asked. `now_ns`: CLOCK_BOOTTIME."""
        self._control.turn(now_ns)
        self._reload.turn()
        self._status.turn(now_ns, self._lost)
        self._metrics.turn(now_ns)

    def close(self) -> None:
        """Hears nobody any more."""
        self._metrics.close()
        self._reload.close()
        self._control.close()

    def _serve(self, request: Request) -> None:
        self._run.worker.do(partial(self._run.sink.serve, request))

    def _take(self, settings: Settings, scope: Scope) -> None:
        run = self._run
        run.capture.configure(settings, scope)
        run.worker.limit_bytes = settings.limits.queue_mib * _MIB
        run.worker.do(partial(run.sink.configure, settings.log))
        run.configure(settings)
        self._metrics.configure(settings.metrics)
        self._scope = scope

    def _parts(self) -> dict[str, Callable[[], object]]:
        run, ours = self._run, version("ttytrace")  # which searches all that is installed
        return {
            "version": lambda: ours,
            "pid": os.getpid,
            "plan": lambda: run.capture.plan,
            "plan_reason": lambda: run.capture.why,
            "config": self._reload.stats,
            "input": lambda: self._reload.settings.input,
            "scope": self._scope_fields,
            "records": self._records,
            "faults": run.capture.faults,
            "events": lambda: run.sink.events,
            "queue": self._queue,
            "log": self._log,
            "heartbeat": lambda: beat_fields(run.sink.last_beat, boot_ns()),
            "ailing": lambda: [each for each in self._ailing() if each],
        }

    def _records(self) -> Fields:
        return record_fields(self._run.capture.tallies())

    def _lost(self) -> int:
        return sum(tally.lost for tally in self._run.capture.tallies().values())

    def _queue(self) -> Fields:
        worker = self._run.worker
        return worker.depth._asdict() | {"limit_bytes": worker.limit_bytes}

    def _log(self) -> Fields:
        place = {"directory": self._reload.settings.log.directory}
        return place | log_fields(self._run.log.standing, self._run.keeper.space, boot_ns())

    def _scope_fields(self) -> Fields:
        return asdict(self._reload.settings.scope) | {"unknown": self._scope.unknown}

    def _ailing(self) -> list[str | None]:
        return [*self._run.ailing(), self._run.keeper.trouble, self._metrics.trouble]
