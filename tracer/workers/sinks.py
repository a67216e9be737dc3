"""Takes events from the log to where else they are wanted, a thread for each sink.

Invariant: a sink that hangs or fails holds up no other, and recording never waits for any. The
process has no rights, but to write audit records where a sink asks for that.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

from tracer.codec.identity import Fields
from tracer.privileges import Capability, become, worker_account
from tracer.settings import SinkKind, SinkSettings
from tracer.sinks.auditlog import AuditLog
from tracer.sinks.driver import Driver
from tracer.sinks.feed import Feed
from tracer.sinks.file import NdjsonFile
from tracer.sinks.journald import Journal
from tracer.sinks.stdout import Stdout
from tracer.sinks.syslog import open_syslog
from tracer.workers.door import Door, Message

REPORT_S: Final = 1.0
_BUG: Final = 70  # EX_SOFTWARE
_MIB: Final = 1 << 20


def opener(settings: SinkSettings, descriptors: Sequence[int]) -> Callable[[], Driver]:
    """What opens the sink; `descriptors`: that of standard output, where a sink is that."""
    match settings.kind:
        case SinkKind.JOURNALD:
            return Journal
        case SinkKind.SYSLOG:
            return partial(open_syslog, settings.address, settings.ca)
        case SinkKind.AUDIT:
            return AuditLog
        case SinkKind.FILE:
            size = settings.rotate_mib * _MIB
            return partial(NdjsonFile, Path(settings.path), size, settings.keep)
        case SinkKind.STDOUT:
            stdout = Stdout(descriptors[0])
            return lambda: stdout


def feeds_of(hello: Message, door: Door) -> list[Feed]:
    """Those that the service wants."""
    fields = hello.fields
    segments = Path(fields["directory"], "log")
    return [
        Feed(
            sink,
            segments,
            fields["cursors"].get(sink.name, fields["first"]),
            opener(sink, hello.descriptors),
            lambda said: _tell(door, said),
        )
        for sink in map(_settings, fields["sinks"])
    ]


def serve(feeds: Sequence[Feed], door: Door) -> None:
    """Says how they stand, again and again, until the door ends."""
    threads = [Thread(target=feed.run, name=feed.name, daemon=True) for feed in feeds]
    for thread in threads:
        thread.start()
    while not select.select([door], [], [], REPORT_S)[0]:
        if not all(thread.is_alive() for thread in threads):
            os._exit(_BUG)
        door.send({"sinks": {feed.name: feed.state() for feed in feeds}})


def main() -> None:
    """The process: its first message has the `directory` of the log, the `sinks` as [[sinks]] has
    them, their `cursors`, and the `first` record for those that have none."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    door = Door.of_worker()
    hello = door.receive()
    if hello is None:
        return
    feeds = feeds_of(hello, door)
    has_audit = any(sink["kind"] == SinkKind.AUDIT for sink in hello.fields["sinks"])
    become(worker_account(), [Capability.AUDIT_WRITE] if has_audit else [])
    serve(feeds, door)
    os._exit(0)  # a thread may hang where it can't be ended


def _settings(fields: Fields) -> SinkSettings:
    kind, events = SinkKind(fields["kind"]), tuple(fields["events"])
    return SinkSettings(**fields | {"kind": kind, "events": events})


def _tell(door: Door, said: Fields) -> None:
    door.send({"say": said})


if __name__ == "__main__":
    main()
