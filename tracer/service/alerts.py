"""Rules as the service sees them: their worker, the alerts that it gives, and how far it has got.

Invariant: without rules there is no worker. What it says is checked, and goes to the log; how far
it has got, and what it must not forget, go to the disk behind that, by the thread that writes the
log. An alert is told once, however often the worker or the service ends and begins again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.service.child import Child
from tracer.settings import RuleSettings, Settings
from tracer.sinks.worker import Work
from tracer.store.kept import Kept
from tracer.workers.door import Message

MAX_ALERTS: Final = 500
"""In a second, and what is said of rules with them; a worker that says more is ended, and begins
again where it was."""
NAME: Final = "rules"
"""Of the file that says how far it has got."""

_KEEP_NS: Final = 5_000_000_000
_MAX_SEEN_BYTES: Final = 1 << 20
_MAX_TEXT: Final = 4096
_MAX_DEPTH: Final = 12
_PARTS: Final = frozenset("ecs event host rule threat process user source container tmux".split())
_OURS: Final = frozenset(("alert", "loginuid", "audit_session"))
_TEXTS: Final = ("state", "reason", "rule", "digest")
_COUNTS: Final = tuple(
    "first until records rules correlations refused foreign evicted behind_bytes alerts suppressed"
    " dropped".split()
)
_LISTS: Final = ("refusals", "disabled")
_STATE: Final = tuple(
    "state rules correlations refused foreign digest refusals disabled behind_bytes alerts"
    " suppressed dropped".split()
)


class Sink(Protocol):
    """What is wanted of sinks/record.py."""

    def say(self, action: str, **fields: object) -> None:
        """Appends a record about the run."""

    def alert(self, fields: Fields) -> None:
        """Appends an alert."""

    def sync(self) -> bool:
        """Whether all that was said is on the disk now."""


class Alerts:
    """Runs the worker `rules`. `first`: the record with which a new log's rules begin. `do`: has
    the log's thread do something with `sink`. `watch`: see Child. Raises NoLog, BadLog."""

    def __init__(
        self,
        settings: Settings,
        first: int,
        sink: Sink,
        do: Callable[[Work], None],
        watch: Callable[[int], None],
    ) -> None:
        self._settings = replace(settings, rules=_NONE)
        self._sink, self._do, self._watch = sink, do, watch
        self._file = Kept(Path(settings.log.state), NAME)
        self._kept = self._file.read()
        # At once: a run that ends before the worker's first word must not lose its end.
        self._progress = _progress(self._kept, first)
        self._memory = os.memfd_create(NAME)  # the worker's, too: messages are too small for it
        self._told: dict[str, int] = {}  # since it last said how far it is: behind which record
        self._second, self._count = 0, 0
        self._keep_ns = 0
        self._child: Child | None = None
        self.state: Fields = {}
        """How it stands, as it said last; see workers/rules.py."""
        self.configure(settings)

    @property
    def trouble(self) -> str | None:
        """Why no rule is matched now, where some should be."""
        return self._child.trouble if self._child else None

    def configure(self, settings: Settings) -> None:
        """Has these from now on, and the rule files read again."""
        self._settings = settings
        if not (settings.rules.pack or settings.rules.directories):
            self._stop()
        elif self._child is None:
            self._child = Child("rules", self._hello, self._hear, self._watch)
        elif not self._child.send({"settings": asdict(settings.rules)}):
            self._stop()
            self._child = Child("rules", self._hello, self._hear, self._watch)

    def turn(self, now_ns: int) -> None:
        """Hears the worker, and keeps how far it has got."""
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
        os.close(self._memory)

    def _stop(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child, self.state = None, {}

    def _hello(self) -> Message:
        seen = self._progress["seen"].encode()
        os.pwrite(self._memory, seen, 0)
        fields = {
            "directory": self._settings.log.directory,
            "settings": asdict(self._settings.rules),
            "next": self._progress["next"],
            "seen": len(seen),
        }
        return Message(fields, [self._memory])

    def _hear(self, message: Message) -> None:
        match message.fields:
            case {"alert": dict(fields), "at": int(at)}:
                self._take(alert_of(fields), at)
            case {"say": dict(fields)}:
                self._count_in()
                self._do(partial(self._sink.say, "rules", **said_of(fields)))
            case {"state": dict(state), "next": int(at), "seen": int(size)}:
                self.state = state_of(state)
                self._advance(at, size)

    def _advance(self, at: int, size: int) -> None:
        """`size`: of what it must not forget, in bytes; 0 where that is as before."""
        if not 0 <= size <= _MAX_SEEN_BYTES:
            raise ValueError("that much can't be known")
        seen = os.pread(self._memory, size, 0).decode() if size else self._progress["seen"]
        if size and not _is_whole(seen):
            return  # it is writing anew, and will say so
        # Where the log lost its end, its numbers come again.
        is_back = at < self._progress["next"]
        self._told = (
            {} if is_back else {k: behind for k, behind in self._told.items() if behind >= at}
        )
        self._progress = {"next": at, "seen": seen}

    def _count_in(self) -> None:
        second = int(monotonic())
        self._count = self._count + 1 if second == self._second else 1
        self._second = second
        if self._count > MAX_ALERTS:
            raise ValueError("nobody could look at so many")

    def _take(self, fields: Fields, at: int) -> None:
        self._count_in()
        told = fields["ttytrace"]["alert"]["id"]
        if told not in self._told:  # else the worker that said it has ended since
            self._told[told] = at
            self._do(partial(self._sink.alert, fields))

    def _keep(self) -> None:
        if self._progress != self._kept:
            self._kept = self._progress
            self._do(partial(_write, self._file, self._sink, self._kept))


_NONE: Final = RuleSettings(pack=False, directories=())


def alert_of(fields: Fields) -> Fields:
    """An alert as detect/alerts.py makes them; ValueError, KeyError or TypeError where it is none.
    What the rest of it says is as true as the worker is."""
    ours = fields["ttytrace"]
    alert = ours["alert"]
    is_alert = (fields["event"]["kind"], fields["event"]["action"]) == ("alert", "alert")
    causes = [count for count in alert["causes"] if type(count) is int and count >= 0]
    if not (
        is_alert
        and fields.keys() - {"ttytrace"} <= _PARTS
        and ours.keys() <= _OURS
        and all(isinstance(part, dict) for part in fields.values())
        and isinstance(alert["id"], str)
        and causes
        and len(causes) == len(alert["causes"])
    ):
        raise ValueError("this is no alert")
    _check(fields, _MAX_DEPTH)
    return fields


def said_of(fields: Fields) -> Fields:
    """What a worker may say of the rules themselves; ValueError where it says something else."""
    found = {name: fields[name] for name in (*_TEXTS, *_COUNTS, *_LISTS) if name in fields}
    for name, value in found.items():
        if not _is_sound(name, value):
            raise ValueError(f"{name} can't be that")
    _check(found, _MAX_DEPTH)
    return found


def state_of(fields: Fields) -> Fields:
    """The same of how they stand, for which nothing may be missing; KeyError where it is."""
    found = said_of(fields)
    return {name: found[name] for name in _STATE}


def _is_sound(name: str, value: object) -> bool:
    if name == "refusals":
        return isinstance(value, list) and all(_is_refusal(each) for each in value)
    if name == "disabled":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return type(value) is (str if name in _TEXTS else int)


def _is_refusal(value: object) -> bool:
    match value:
        case {"place": str(), "title": str(), "reason": str()}:
            return True
    return False


def _is_whole(text: str) -> bool:
    try:
        parse(text.encode())
    except ValueError:
        return False
    return True


def _check(value: Any, depth: int) -> None:
    """That it is of a size and depth that a record can have."""
    if depth == 0 or (isinstance(value, str) and len(value) > _MAX_TEXT):
        raise ValueError("this is too much for a record")
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            _check(part, depth - 1)


def _progress(kept: Fields, first: int) -> Fields:
    """A log that has lost its end gives its numbers again."""
    match kept:
        case {"next": int(at), "seen": str(seen)} if at >= 0:
            return {"next": min(at, first), "seen": seen}
    return {"next": first, "seen": ""}


def _write(file: Kept, sink: Sink, progress: Fields) -> None:
    # Only behind the alerts that it stands for: what is lost of them is to come again.
    if sink.sync():
        with suppress(OSError):
            file.write(progress)
