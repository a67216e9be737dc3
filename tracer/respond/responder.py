"""Follows the log for one action, and does it for each alert that it is for.

Invariant: an action is done about an alert that was read from the log, and each has its outcome.
One that can't be undone is done once at most, and never about an alert of the run before: where the
service goes on is known to it before anything is done. Others are done once at least.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from tracer.clock import boot_ns
from tracer.codec.identity import Fields, known
from tracer.errors import TtytraceError
from tracer.respond.action import Action, Outcome, Refused, State
from tracer.respond.alert import SealedAlert, Wanted, alert_of
from tracer.respond.limit import PerMinute
from tracer.settings import ActionKind, ActionSettings
from tracer.store.directory import Directory
from tracer.store.follow import Follower, Line

POLL_S: Final = 0.05
STALE_S: Final = 60.0
"""Nothing that can't be undone is done about an alert of that age: who is there now may be somebody
else, and what it was about is over."""

_AGAIN_S: Final = 1.0
_ONCE: Final = frozenset(
    (ActionKind.DETACH, ActionKind.LOCK, ActionKind.READ_ONLY, ActionKind.KILL)
)


class Responder:
    """`at`: the record to begin with. `first`: that of this run. `say` gets what the service should
    know; False: it has gone."""

    def __init__(
        self,
        settings: ActionSettings,
        action: Action,
        at: int,
        first: int,
        say: Callable[[Fields], bool],
    ) -> None:
        self.settings: Final = settings
        self._action, self._say = action, say
        self._wanted, self._limit = Wanted(settings), PerMinute(settings.per_minute)
        self._next, self._first = at, first
        self._is_once = settings.kind in _ONCE
        self._trouble: str | None = None
        self._counts = dict.fromkeys(State, 0)

    @property
    def name(self) -> str:
        """Of the action."""
        return self.settings.name

    def state(self) -> Fields:
        """How it stands, for `ttytrace status`."""
        state = "failed" if self._trouble else "working"
        counts = {each.value: count for each, count in self._counts.items()}
        about = {"kind": self.settings.kind, "state": state, "next": self._next}
        return about | counts | known(reason=self._trouble)

    def run(self, segments: Path) -> None:
        """Goes on until the service has gone. `segments`: the directory that is followed."""
        is_there = True
        while is_there:
            try:
                self._trouble = self._checked()
                is_there = self._follow(segments)
            except (OSError, TtytraceError) as error:
                self._trouble = str(error)
                time.sleep(_AGAIN_S)

    def _follow(self, segments: Path) -> bool:
        with closing(Directory(segments)) as directory:
            follower = Follower(directory, self._next)
            with closing(follower):
                while self.turn(follower):
                    if follower.is_at_end:
                        time.sleep(POLL_S)
        return False

    def turn(self, follower: Follower) -> bool:
        """Acts on what has come; False: the service has gone."""
        for line in follower.take():
            if not self._pass(line):
                return False
            self._next = line.sequence + 1
        if follower.is_at_end:
            self._next = follower.next
        return True

    def _pass(self, line: Line) -> bool:
        alert = alert_of(line)
        return alert is None or not self._wanted.takes(alert) or self._respond(alert)

    def _respond(self, alert: SealedAlert) -> bool:
        # Once this is sent, nobody begins with this alert again, however we end.
        begun = {"name": self.name, "alert": alert.sequence, "is_once": self._is_once}
        if not self._say({"begun": begun}):
            return False
        outcome = self._outcome(alert)
        self._counts[outcome.state] += 1
        about: Fields = {"name": self.name, "kind": self.settings.kind, "state": outcome.state}
        about |= {"alert": alert.sequence, "rule": alert.rule}
        return self._say({"say": about | known(reason=outcome.reason) | outcome.hit})

    def _outcome(self, alert: SealedAlert) -> Outcome:
        if self._is_once and alert.sequence < self._first:
            return Outcome(State.LATE, "it was sealed before this run began")
        if self._is_once and (age_s := alert.age_s(time.time_ns())) > STALE_S:
            return Outcome(State.LATE, f"it was {age_s:.0f} s ago")
        if not self._limit.take(boot_ns()):
            return Outcome(State.LIMITED, f"it was done {self.settings.per_minute} times a minute")
        try:
            return self._action.act(alert)
        except Refused as refused:
            return Outcome(State.REFUSED, str(refused))
        except OSError as error:
            return Outcome(State.FAILED, error.strerror or str(error))

    def _checked(self) -> str | None:
        try:
            self._action.check()
        except (Refused, OSError) as error:
            return str(error)
        return None
