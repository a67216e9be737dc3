"""`ttytrace run`: records what happens on this host into the sealed log, until it is told to stop.

Invariant: the log says when recording began and ended, why, and what was not recorded. However it
ends, nothing stays attached.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from typing import Final

from tracer.clock import WallClock, boot_ns
from tracer.codec.ecs import Encoder, host_fields
from tracer.codec.identity import Fields, Identities, known
from tracer.codec.moment import timestamp
from tracer.codec.run import failure_fields, process_fields, signal_fields
from tracer.config import Loaded
from tracer.daemon import Capture, require_root
from tracer.model.sealed import Stamp
from tracer.observe import procfs
from tracer.observe.canary import Canary
from tracer.observe.host import this_host
from tracer.observe.signals import Sent, Signals
from tracer.privileges import become_service
from tracer.service.alerts import Alerts
from tracer.service.auditing import Auditing, Hearing, is_heard, source_fields
from tracer.service.child import Child
from tracer.service.clocks import Clocks
from tracer.service.exchange import Exchanged
from tracer.service.guard import Guard
from tracer.service.heart import Heart
from tracer.service.names import Names
from tracer.service.notify import Notifier
from tracer.service.oversight import Oversight, Run
from tracer.service.parts import Parts
from tracer.service.reload import Source, said_of
from tracer.service.responses import Responses
from tracer.service.sinks import Sinks
from tracer.service.status import record_fields
from tracer.service.watchers import Watchers
from tracer.settings import Settings
from tracer.sinks.pulse import Pulse
from tracer.sinks.record import RecordSink
from tracer.sinks.worker import Worker
from tracer.store.housekeeping import Housekeeping
from tracer.store.log import Log
from tracer.workers.door import Message
from tracer.workers.loading import Loading

_CRASH: Final = "crash"
_IN_HAND_NS: Final = 2_000_000_000  # what stages hold, and what waits for the log, is younger


class Recorder:
    """An open log and the worker that writes it. Raises NotRoot, NoLog, BadLog, LogBusy."""

    def __init__(self, source: Source, loaded: Loaded) -> None:
        require_root("run")
        become_service()  # the loader has begun; threads and workers have not
        self._source, self._loaded, self._settings = source, loaded, loaded.settings
        settings = self._settings
        wall, now_ns = WallClock(), boot_ns()
        self._wall = wall
        log = self._log = Log.open(settings.log, Stamp(now_ns, wall.at(now_ns)))
        self._recovery, self._is_append_only = log.recovery, log.is_append_only
        self._first = log.size
        self._keeper = Housekeeping(settings.log)
        self._host = this_host()
        self._names = Names()
        self._identities = Identities(self._host, self._names)
        self._pulse = Pulse(os.getpid(), now_ns)
        encoder = Encoder(self._host, self._names, wall, is_heard=is_heard(settings))
        self._sink = RecordSink(log, self._keeper, encoder, wall, self._pulse)
        self._worker = Worker(self._sink, settings.limits.queue_mib << 20)
        self._notifier = Notifier(self._worker.do)
        self._namer = Child("names", self._names.hello, watch=self._names.sent)

    def run(
        self, loading: Loading | Hearing, signals: Signals, tell: Callable[[str], None]
    ) -> None:
        """Records until a signal comes. `tell` gets what the operator should read."""
        self._tell = tell
        why: Fields = {}
        try:
            with closing(Capture([self._worker], loading.result(), self._settings)) as capture:
                self._begin(capture)
                why = signal_fields(*self._stream(capture, signals), self._identities)
                why |= {"until": self._until} | self._counters(capture)
        except BaseException as error:
            why = failure_fields(error)
            raise
        finally:
            self._notifier.stopping()
            self._say("stop", **why)
            self._worker.close()
            self._names.close()
            self._namer.close()

    def _begin(self, capture: Capture) -> None:
        there = capture.seed()  # what is said now is when recording began
        settings, digest = asdict(self._settings), self._loaded.sha256
        self._say("config", path=self._source.place, sha256=digest, settings=settings)
        self._say("start", **self._beginning(capture.plan))
        before = self._recovery.last
        if self._recovery.after == _CRASH and before is not None:
            since_ns, now_ns = before.wall_ns - _IN_HAND_NS, boot_ns()
            self._worker.do(partial(self._sink.gap_since, _CRASH, since_ns, now_ns))
        capture.learn(there)

    def _stream(self, capture: Capture, signals: Signals) -> Sent:
        with (
            select.epoll() as poll,
            closing(Canary(lambda pid: capture.follow(pid, os.getpid()))) as canary,
            closing(self._parts(capture, poll)) as parts,
            closing(self._oversight(capture, poll, parts)) as oversight,
        ):
            poll.register(signals, select.EPOLLIN)
            heart = Heart(
                canary,
                self._worker,
                self._sink,
                self._pulse,
                lambda: self._counters(capture) | parts.fields(),
            )
            clocks, guard = Clocks(self._say), Guard(capture, self._say)
            self._tell(_ready(capture.plan))
            self._notifier.ready(_ready(capture.plan))
            for _ in capture.turns(poll):
                sent = signals.come()  # at once: who sent it may be over soon
                now_ns = boot_ns()
                for each in (self._notifier, heart, parts, clocks, guard, oversight):
                    each.turn(now_ns)
                if sent and sent.wants_reload:
                    oversight.reload(signal_fields(*sent, self._identities))
                elif sent:
                    self._until = timestamp(self._wall.at(boot_ns()))
                    capture.finish()
                    return sent
        raise AssertionError("the stream has no other end")

    def _parts(self, capture: Capture, poll: select.epoll) -> Parts:
        watch = partial(poll.register, eventmask=select.EPOLLIN)
        settings, log = self._settings, (self._sink, self._worker.do)

        def watchers(wanted: Settings) -> Watchers:
            return Watchers(wanted, self._identities, *log, watch)

        def auditing(wanted: Settings) -> Auditing:
            return Auditing(wanted, capture, watch)

        def index() -> Message:
            return Message({"directory": settings.log.directory})

        return Parts(
            self._namer,
            Child("index", index, watch=watch),
            Sinks(settings, self._first, self._say, self._worker.do, watch),
            Alerts(settings, self._first, *log, watch),
            Responses(settings, self._first, self._say, self._worker.do, watch),
            Exchanged(watchers, settings, "live"),
            Exchanged(auditing, settings, "audit"),
        )

    def _oversight(self, capture: Capture, poll: select.epoll, parts: Parts) -> Oversight:
        run = Run(
            capture,
            self._worker,
            self._sink,
            self._log,
            self._keeper,
            self._say,
            parts.states(),
            parts.ailing,
            parts.configure,
        )
        announce = partial(self._announce, capture.plan)
        return Oversight(run, self._source, self._loaded, poll, announce)

    def _announce(self, plan: str, outcome: Fields | None) -> None:
        """`outcome`: of reading the settings again; None: that begins."""
        if outcome is None:
            self._notifier.reloading()
            return
        self._tell(said_of(outcome))
        self._notifier.ready(_ready(plan))

    def _beginning(self, plan: str) -> Fields:
        last = self._recovery.last
        return {
            "version": version("ttytrace"),
            "process": self._process(),
            "host": host_fields(self._host),
            "kernel": os.uname().release,
            "plan": plan,
            "append_only": self._is_append_only,
            "previous": known(end=self._recovery.after, last=last and timestamp(last.wall_ns)),
        } | source_fields(plan)

    def _counters(self, capture: Capture) -> Fields:
        return {
            "process": self._process(),
            "records": record_fields(capture.tallies()),
            "faults": capture.faults(),
            "queue": self._worker.depth._asdict(),
        } | known(keeping=self._keeper.trouble)

    def _process(self) -> Fields:
        ours = procfs.process(os.getpid())
        return process_fields(ours, self._identities) if ours else {}

    def _say(self, action: str, **fields: object) -> None:
        self._worker.do(partial(self._sink.say, action, **fields))


def _ready(plan: str) -> str:
    return f"recording tmux ({plan} plan)"
