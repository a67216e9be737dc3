"""Actions as the service sees them: their workers, what came of each, and how far they have got.

Invariant: without an action there is no worker. Each alert that an action was begun with has its
`response` record, whatever became of the worker; one that can't be undone is not begun again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from tracer.codec.identity import Fields
from tracer.service.child import Child
from tracer.settings import ActionKind, ActionSettings, Settings
from tracer.sinks.worker import Work
from tracer.store.kept import Kept
from tracer.workers.door import Message

NAME: Final = "actions"
"""Of the file that says how far they have got."""

_KEEP_NS: Final = 5_000_000_000
_MAX_TEXT: Final = 4096
# What respond/responder.py says; the last ones at times.
_SAID: Final[dict[str, type]] = {"alert": int} | dict.fromkeys(
    ("name", "kind", "state", "rule"), str
)
_AT_TIMES: Final[dict[str, type]] = {"pid": int, "exit_status": int} | dict.fromkeys(
    ("reason", "entity_id", "output", "services"), str
)
_STATE: Final[dict[str, type]] = {"kind": str, "state": str} | dict.fromkeys(
    ("next", "done", "failed", "dry-run", "limited", "refused", "late"), int
)


class Responses:
    """What the settings want. `first`: the record with which this run begins. `say`: puts a record
    about the log into it. `do`: has work done by the thread that writes. Raises NoLog, BadLog."""

    def __init__(
        self,
        settings: Settings,
        first: int,
        say: Callable[..., None],
        do: Callable[[Work], None],
        watch: Callable[[int], None],
    ) -> None:
        self._directory, self._first = settings.log.directory, first
        self._say, self._do, self._watch = say, do, watch
        self._file = Kept(Path(settings.log.state), NAME)
        self._kept: Fields = self._file.read()
        # A log that has lost its end gives its numbers again.
        self._next = {name: min(at, first) for name, at in self._kept.items() if _is_count(at)}
        self._keep_ns = 0
        self._begun: dict[str, int] = {}  # which action is at work about which alert
        self._wanted: dict[str, ActionSettings] = {}
        self._children: dict[str, Child] = {}
        self.states: dict[str, Fields] = {}
        """How each stands, as it said last; see respond/responder.py."""
        self.configure(settings)

    @property
    def trouble(self) -> str | None:
        """Why nothing is done now, where something should be."""
        troubles = [child.trouble for child in self._children.values() if child.trouble]
        return "; ".join(troubles) or None

    def configure(self, settings: Settings) -> None:
        """Has these from now on; those that stay go on where they were."""
        wanted = {each.name: each for each in settings.actions}
        if wanted == self._wanted:
            return
        self._stop()
        self._wanted, self.states = wanted, {}
        self._next = dict.fromkeys(wanted, self._first) | self._next
        for worker in dict.fromkeys(map(_worker_of, wanted.values())):
            self._children[worker] = Child(
                worker, partial(self._hello, worker), partial(self._hear, worker), self._watch
            )

    def turn(self, now_ns: int) -> None:
        """Hears the workers, and keeps how far they have got."""
        for child in self._children.values():
            child.turn(now_ns)
        if now_ns >= self._keep_ns:
            self._keep_ns = now_ns + _KEEP_NS
            self._keep()

    def close(self) -> None:
        """Ends the workers. The last of the log waits for the next run."""
        self._stop()
        self._keep()

    def _stop(self) -> None:
        while self._children:
            worker, child = self._children.popitem()
            child.turn(0)  # what it said last
            child.close()
            self._give_up(worker)

    def _hello(self, worker: str) -> Message:
        self._give_up(worker)
        actions = [asdict(each) for each in self._of(worker)]
        return Message(
            {
                "directory": self._directory,
                "actions": actions,
                "cursors": self._next,
                "first": self._first,
            }
        )

    def _of(self, worker: str) -> list[ActionSettings]:
        return [each for each in self._wanted.values() if _worker_of(each) == worker]

    def _give_up(self, worker: str) -> None:
        """What the worker that has ended was at is told; if it is still to be done, it is again."""
        for action in self._of(worker):
            if (alert := self._begun.pop(action.name, None)) is not None:
                about = {"name": action.name, "kind": action.kind, "alert": alert}
                self._say("response", **about, state="failed", reason="its worker ended meanwhile")

    def _hear(self, worker: str, message: Message) -> None:
        its = {each.name for each in self._of(worker)}
        match message.fields:
            case {"begun": {"name": str(name), "alert": int(alert), "is_once": bool(is_once)}}:
                _check(name in its)
                self._begun[name] = alert
                if is_once:
                    self._next[name] = alert + 1
            case {"say": dict(fields)}:
                said = _only(_SAID, _AT_TIMES, fields)
                _check(said["name"] in its)
                self._begun.pop(said["name"], None)
                self._say("response", **said)
            case {"actions": dict(states)}:
                for name in states.keys() & its:
                    self.states[name] = _only(_STATE, {"reason": str}, states[name])
                    self._next[name] = max(self._next[name], self.states[name]["next"])

    def _keep(self) -> None:
        if self._next != self._kept:
            self._kept = dict(self._next)
            self._do(partial(_write, self._file, self._kept))


def _worker_of(action: ActionSettings) -> str:
    return "notify" if action.kind is ActionKind.NOTIFY else "respond"


def _is_count(at: object) -> bool:
    return type(at) is int and at >= 0


def _check(is_its_own: bool) -> None:
    if not is_its_own:
        raise ValueError("a worker speaks for its own actions only")


def _only(always: dict[str, type], at_times: dict[str, type], fields: Fields) -> Fields:
    """What a worker may say; KeyError and ValueError where it says something else."""
    kinds = at_times | always
    found = {key: fields[key] for key in kinds if key in fields or key in always}
    for key, value in found.items():
        if type(value) is not kinds[key] or len(str(value)) > _MAX_TEXT:
            raise ValueError("a response isn't told like this")
    return found


def _write(file: Kept, kept: Fields) -> None:
    with suppress(OSError):  # notifications come twice then
        file.write(kept)
