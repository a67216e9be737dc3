"""Takes the records of a log to one place, however often that fails.

Invariant: what the place has for sure is below `kept`, where the next run is to begin. So each
record gets there at least once, or is in a `dropped` that says from where to where; a place that
fails is said once, and once more when it is back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from tracer.codec.identity import Fields, known
from tracer.codec.log import parse
from tracer.errors import TtytraceError
from tracer.settings import SinkSettings
from tracer.sinks.driver import Driver, Record, reason_of
from tracer.store.directory import Directory
from tracer.store.follow import Follower, Line
from tracer.store.query import BACKGROUND

_MIB: Final = 1 << 20
_POLL_S: Final = 0.2
_LOOK_S: Final = 1.0
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
_NOT_ASKED_FOR: Final = BACKGROUND | {"text_output"}
# Only `event` has a key of this name, and comes before anything captured, which can't have it
# either: its quotes are escaped.
_ACTION: Final = re.compile(rb'"action":"([^"]+)"')


class Feed:
    """From the log whose segments are in a directory, from the record `first` on.

    `open_driver` opens the place, or raises OSError. `say` gets the fields of `sink` records.
    """

    def __init__(
        self,
        settings: SinkSettings,
        segments: Path,
        first: int,
        open_driver: Callable[[], Driver],
        say: Callable[[Fields], None],
    ) -> None:
        self.name: Final = settings.name
        self.kept = first
        self._settings, self._segments = settings, segments
        self._open_driver, self._say_fields = open_driver, say
        self._actions = frozenset(each.encode() for each in settings.events)
        self._sent = first  # all below it
        self._tried: int | None = None  # the first that went to the place as it is open now
        self._trouble: str | None = None
        self._failed_at = first
        self._delivered = self._failures = self._dropped = self._behind_bytes = 0
        self._look_s = 0.0

    def state(self) -> Fields:
        """How it stands, for `ttytrace status`."""
        return {
            "kind": self._settings.kind,
            "state": "failed" if self._trouble else "working",
            "next": self.kept,
            "behind_bytes": self._behind_bytes,
            "delivered": self._delivered,
            "failures": self._failures,
            "dropped": self._dropped,
        } | known(reason=self._trouble)

    def run(self) -> None:
        """Goes on for ever."""
        wait_s = FIRST_WAIT_S
        while True:
            since_s = time.monotonic()
            try:
                self.serve()
            except (OSError, TtytraceError) as error:
                self._fail(error)
            if time.monotonic() - since_s > LONGEST_WAIT_S:
                wait_s = FIRST_WAIT_S
            self._rest(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def serve(self) -> None:
        """Opens the place and passes on what comes, until that fails: OSError, TtytraceError."""
        with closing(self._open_driver()) as driver, closing(Directory(self._segments)) as segments:
            follower, self._sent, self._tried = Follower(segments, self.kept), self.kept, None
            with closing(follower):
                while True:
                    self.turn(follower, driver)
                    if follower.is_at_end:
                        time.sleep(_POLL_S)

    def turn(self, follower: Follower, driver: Driver) -> None:
        """Passes on what has come."""
        try:
            for line in follower.take():
                self._pass(line, driver)
            self._reach(follower)
            driver.flush()
        finally:
            unsettled = driver.unsettled()
            self.kept = self._sent if unsettled is None else unsettled
        if self._trouble is not None and self._is_well(follower):
            self._say("recovered", first=self._failed_at)
            self._trouble = None
        self._look(follower)

    def _pass(self, line: Line, driver: Driver) -> None:
        if line.sequence > self._sent:
            self._drop(line.sequence, "removed")
        action = _ACTION.search(line.data)
        if action and self._is_wanted(action[1]):
            self._tried = line.sequence if self._tried is None else self._tried
            driver.send(Record(line.sequence, line.data + b"\n", parse(line.data)))
            self._delivered += 1
        self._sent = line.sequence + 1

    def _is_wanted(self, action: bytes) -> bool:
        if self._actions:
            return action in self._actions
        return action.decode() not in _NOT_ASKED_FOR

    def _reach(self, follower: Follower) -> None:
        """What is at the end may have been removed, too; where the log lost its end, so do we."""
        if follower.is_at_end and follower.next != self._sent:
            if follower.next > self._sent:
                self._drop(follower.next, "removed")
            self._sent = follower.next

    # ---- failing, and being late ----

    def _fail(self, error: OSError | TtytraceError) -> None:
        self._failures += 1
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        if self._trouble is None:
            self._say("failed", reason=reason, first=self.kept)
        self._trouble, self._failed_at = reason, self.kept

    def _is_well(self, follower: Follower) -> bool:
        """Something has come to its place since it was opened, or nothing was to."""
        if self._tried is None:
            return follower.is_at_end
        return self.kept > self._tried

    def _rest(self, wait_s: float) -> None:
        """Waits, while the log grows."""
        until_s = time.monotonic() + wait_s
        try:
            with closing(Directory(self._segments)) as segments:
                self._watch(Follower(segments, self.kept), until_s)
        except TtytraceError:
            time.sleep(max(0.0, until_s - time.monotonic()))

    def _watch(self, follower: Follower, until_s: float) -> None:
        self._sent = self.kept
        with closing(follower):
            while (left_s := until_s - time.monotonic()) > 0:
                self._look(follower)
                self.kept = self._sent
                time.sleep(min(left_s, _LOOK_S))

    def _look(self, follower: Follower) -> None:
        """How far it is behind, at times; if that is too far, it goes on at the end."""
        now_s = time.monotonic()
        if now_s < self._look_s:
            return
        self._look_s = now_s + _LOOK_S
        self._behind_bytes = follower.behind_bytes()
        if self._behind_bytes > self._settings.behind_mib * _MIB:
            follower.skip_to_end()
            while not follower.is_at_end:
                follower.take()
            self._drop(follower.next, "behind")

    def _drop(self, until: int, reason: str) -> None:
        """Says that it goes on there."""
        self._dropped += until - self._sent
        records = until - self._sent
        self._say("dropped", reason=reason, first=self._sent, until=until, records=records)
        self._sent = until

    def _say(self, state: str, **fields: object) -> None:
        self._say_fields({"name": self.name, "kind": self._settings.kind, "state": state} | fields)
