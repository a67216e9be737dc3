"""Sinks as the service sees them: their worker, what it says of them, and how far each has got.

Invariant: without a sink there is no worker. What it says goes to the log, and so do its cursors to
the disk, by the thread that writes the log.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Final

from tracer.codec.identity import Fields
from tracer.service.child import Child
from tracer.settings import Settings, SinkKind
from tracer.sinks.worker import Work
from tracer.store.cursors import Cursors
from tracer.workers.door import Message

_KEEP_NS: Final = 5_000_000_000
_STDOUT: Final = 1


class Sinks:
    """Those that the settings name. `first`: the record with which a new sink begins. `say`: puts a
    `sink` record into the log. `do`: has work done by the thread that writes. Raises BadLog."""

    def __init__(
        self,
        settings: Settings,
        first: int,
        say: Callable[..., None],
        do: Callable[[Work], None],
        watch: Callable[[int], None],
    ) -> None:
        self._first = first
        self._say, self._do, self._watch = say, do, watch
        self._cursors = Cursors(Path(settings.log.state))
        self._kept = self._next = self._cursors.read()
        self._keep_ns = 0
        self.states: dict[str, Fields] = {}
        """How each stands, as it said last; see sinks/feed.py."""
        self._child: Child | None = None
        self._settings = replace(settings, sinks=())
        self.configure(settings)

    @property
    def trouble(self) -> str | None:
        """Why there are none now, where there should be."""
        return self._child.trouble if self._child else None

    def configure(self, settings: Settings) -> None:
        """Has these from now on; those that stay go on where they were."""
        if settings.sinks == self._settings.sinks:
            return  # what was sent and not confirmed would come twice
        self._stop()
        self._settings, self.states = settings, {}
        # At once: a run that ends before the worker's first word must not lose its end.
        self._next = {each.name: self._first for each in settings.sinks} | self._next
        if settings.sinks:
            self._child = Child("sinks", self._hello, self._hear, self._watch)

    def turn(self, now_ns: int) -> None:
        """Hears the worker, and keeps the cursors."""
        if self._child is None:
            return
        self._child.turn(now_ns)
        if now_ns >= self._keep_ns:
            self._keep_ns = now_ns + _KEEP_NS
            self._keep()

    def close(self) -> None:
        """Ends the worker. The last of the log waits for the next run."""
        self._stop()
        self._keep()

    def _stop(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    def _hello(self) -> Message:
        fields = {
            "directory": self._settings.log.directory,
            "sinks": [asdict(each) for each in self._settings.sinks],
            "cursors": self._next,
            "first": self._first,
        }
        has_stdout = any(each.kind is SinkKind.STDOUT for each in self._settings.sinks)
        return Message(fields, [_STDOUT] if has_stdout else [])

    def _hear(self, message: Message) -> None:
        match message.fields:
            case {"say": dict(fields)}:
                self._say("sink", **fields)
            case {"sinks": dict(states)}:
                self.states = states
                self._next = self._next | {name: each["next"] for name, each in states.items()}

    def _keep(self) -> None:
        if self._next != self._kept:
            self._kept = self._next
            self._do(partial(_write, self._cursors, self._kept))


def _write(cursors: Cursors, kept: dict[str, int]) -> None:
    with suppress(OSError):  # what comes twice then has the same number
        cursors.write(kept)
