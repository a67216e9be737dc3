"""Sinks as the service sees them: their worker, what it says of them, and how far each has got.

Invariant: without a sink there is no worker. What it says goes to the log, and so do its cursors to
the disk, by the thread that writes the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
# What sinks/feed.py says.
_SAID: Final = {"name": str, "kind": str, "state": str, "reason": str} | dict.fromkeys(
    ("first", "until", "records"), int
)
_STATE: Final = {"kind": str, "state": str, "reason": str} | dict.fromkeys(
    ("next", "behind_bytes", "delivered", "failures", "dropped"), int
)
_AT_TIMES: Final = {"reason", "until", "records"}


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
        self._kept = self._cursors.read()
        # A log that has lost its end gives its numbers again.
        self._next = {name: min(at, first) for name, at in self._kept.items()}
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
                self._say("sink", **_only(_SAID, fields))
            case {"sinks": dict(states)}:
                names = [each.name for each in self._settings.sinks]
                self.states = {name: _only(_STATE, states[name]) for name in names}
                self._next = self._next | {name: at["next"] for name, at in self.states.items()}

    def _keep(self) -> None:
        if self._next != self._kept:
            self._kept = self._next
            self._do(partial(_write, self._cursors, self._kept))


def _only(kinds: Mapping[str, type], fields: Fields) -> Fields:
    """What a worker may say; KeyError and ValueError where it says something else."""
    found = {key: fields[key] for key in kinds if key in fields or key not in _AT_TIMES}
    if any(type(value) is not kinds[key] for key, value in found.items()):
        raise ValueError("a sink isn't told of like this")
    return found


def _write(cursors: Cursors, kept: dict[str, int]) -> None:
    with suppress(OSError):  # what comes twice then has the same number
        cursors.write(kept)
