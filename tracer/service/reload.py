"""The settings, read again while recording goes on.

Invariant: recording waits neither for the file nor for the name service. Settings are taken whole
or not at all, but for what can't change without a hole in the record: that keeps its value, and is
named.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, replace
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.config import PATH, Loaded, read
from tracer.errors import TtytraceError
from tracer.observe.scope import Scope
from tracer.redact.secrets import Secrets
from tracer.settings import InputPolicy, Settings

Done = Callable[[Fields], None]


class Source(NamedTuple):
    """Where settings come from: a file, None for the default one, and what the command line sets
    instead."""

    path: Path | None = None
    input: InputPolicy | None = None

    @property
    def place(self) -> str:
        """The file's path."""
        return str(self.path or PATH)

    def read(self) -> Loaded:
        """Raises BadConfig."""
        loaded = read(self.path)
        policy = self.input or loaded.settings.input
        return loaded._replace(settings=replace(loaded.settings, input=policy))


class Wanted(NamedTuple):
    """What was read, and looked up."""

    settings: Settings
    sha256: str | None
    scope: Scope


class Reload:
    """`loaded`: what holds now. `take`: has other settings hold, and a scope. `say`: puts a record
    about the log into it. `announce`: hears that it begins (None), and what came of it."""

    def __init__(
        self,
        source: Source,
        loaded: Loaded,
        take: Callable[[Settings, Scope], None],
        say: Callable[..., None],
        announce: Callable[[Fields | None], None],
    ) -> None:
        self.settings, self._sha256 = loaded
        self._source, self._take, self._say, self._announce = source, take, say, announce
        self._asked: SimpleQueue[Future[Wanted] | None] = SimpleQueue()
        # The end of the process must not wait for it, as it does for an executor's.
        Thread(target=self._read, name="reload", daemon=True).start()
        self._waiting: list[tuple[Future[Wanted], Fields, Done | None]] = []
        self._last: Fields = {}

    def begin(self, by: Fields, done: Done | None = None) -> None:
        """Has the settings read soon. `by`: who wants it; `done` gets what came of it: `error`,
        and the keys that were `refused`."""
        self._announce(None)
        future: Future[Wanted] = Future()
        self._waiting.append((future, by, done))
        self._asked.put(future)

    def turn(self) -> None:
        """Takes what was read."""
        while self._waiting and self._waiting[0][0].done():
            future, by, done = self._waiting.pop(0)
            outcome = self._finish(future)
            self._last = outcome
            self._say("config", **self.stats(), settings=asdict(self.settings), by=by)
            self._announce(outcome)
            if done is not None:
                done(outcome)

    def stats(self) -> Fields:
        """Which file holds, and what came of reading it last."""
        return {"path": self._source.place, "sha256": self._sha256} | self._last

    def close(self) -> None:
        """Waits for nothing."""
        self._asked.put(None)
        for _, _, done in self._waiting:
            if done is not None:
                done({"error": "ttytrace ends", "refused": []})

    def _read(self) -> None:
        while (future := self._asked.get()) is not None:
            try:
                future.set_result(_read(self._source))
            except Exception as error:  # noqa: BLE001 - a door: who asked has to hear of it
                future.set_exception(error)

    def _finish(self, future: Future[Wanted]) -> Fields:
        try:
            wanted = future.result()
            settings, refused = merged(self.settings, wanted.settings)
            self._take(settings, wanted.scope)
        except (TtytraceError, OSError, ValueError) as error:
            return {"error": str(error), "refused": []}
        self.settings, self._sha256 = settings, wanted.sha256
        return {"error": None, "refused": refused}


def said_of(outcome: Fields) -> str:
    """An outcome, for people."""
    if outcome["error"]:
        return f"the settings stay as they were: {outcome['error']}"
    refused = ", ".join(outcome["refused"])
    return "the settings were read again" + (f"; {refused} need a restart" if refused else "")


def merged(now: Settings, wanted: Settings) -> tuple[Settings, list[str]]:
    """The wanted settings, less what only a new start can change, and those keys."""
    refused = []
    if wanted.source is not now.source:
        refused.append("source")
        wanted = replace(wanted, source=now.source)
    if wanted.input is not now.input and InputPolicy.OFF in (wanted.input, now.input):
        refused.append("input")
        wanted = replace(wanted, input=now.input)
    for table, key in _FIXED:
        kept, asked = getattr(now, table), getattr(wanted, table)
        if getattr(kept, key) != getattr(asked, key):
            refused.append(f"{table}.{key}")
            same = replace(asked, **{key: getattr(kept, key)})
            wanted = replace(wanted, **{table: same})
    return wanted, refused


_FIXED: Final = (
    ("capture", "clients"),
    ("rings", "critical_pages"),
    ("rings", "bulk_pages"),
    ("log", "directory"),
    ("log", "state"),
)


def _read(source: Source) -> Wanted:
    settings, digest = source.read()
    Secrets(settings.redact, os.urandom(1))  # its patterns can be used
    return Wanted(settings, digest, Scope(settings.scope))
