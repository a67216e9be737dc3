"""Matches rules on what the log gets, and hands the service what is to be told.

Invariant: recording never waits for it. It goes on where it was, whatever ends it; other rules take
over between two records. The process has no rights: rules and records are other people's.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.codec.text import clean
from tracer.detect import reader
from tracer.detect.alerts import Alert, alert_fields
from tracer.detect.detector import Detector
from tracer.detect.first_seen import FirstSeen
from tracer.detect.pack import pack
from tracer.detect.rule import Refusal
from tracer.detect.views import Views
from tracer.errors import TtytraceError
from tracer.privileges import become, worker_account
from tracer.settings import RuleSettings
from tracer.store.directory import Directory
from tracer.store.follow import Line
from tracer.workers.door import Door, Message
from tracer.workers.rules_files import Loaded, RuleFiles
from tracer.workers.rules_log import RulesLog, before, told_from

POLL_S: Final = 0.02
REPORT_S: Final = 1.0
ALERTS_PER_S: Final = 200
"""Less than the service takes; what is more waits in the log."""

_EVICTED_S: Final = 60.0
_MIB: Final = 1 << 20
_MOST_BYTES: Final = 384 * _MIB
_NICE: Final = 10
# What is told of files fits into a message, whatever stands in them.
_MAX_REFUSALS: Final = 10
_MAX_DISABLED: Final = 20
_MAX_TEXT: Final = 160


class Matching:
    """Of the log whose `segments` these are. `hello` has the `next` record, the `settings` of
    rules, and a file that `seen` bytes of what was kept stand in, and are to stand in. `owner`: see
    RuleFiles."""

    def __init__(self, hello: Message, segments: Directory, door: Door, owner: int) -> None:
        fields = hello.fields
        settings = _settings(fields["settings"])
        self._door = door
        self._memory = hello.descriptors[0]
        self._segments = segments
        self._log = RulesLog(segments, fields["next"], self._say)
        self._files = RuleFiles(settings, owner)
        self._views = Views(first_seen=_first_seen(os.pread(self._memory, fields["seen"], 0)))
        self._told = told_from(segments, fields["next"])
        self._loaded: Loaded | None = None
        self._detector: Detector | None = None
        self._disabled: dict[str, None] = {}
        self._evicted: Counter[str] = Counter()
        self._alerts = self._suppressed = 0
        self._second, self._in_second = 0, 0
        self._report_s = self._evicted_s = 0.0

    def run(self) -> None:
        """Until the door ends."""
        while self._rest():
            if self._detector is not None:
                for line in self._log.take():
                    self._feed(self._detector, line)
                self._report(self._detector)

    # ---- rules ----

    def _take(self, loaded: Loaded) -> None:
        before_it, self._loaded = self._loaded, loaded
        self._log.behind_limit_bytes = loaded.settings.behind_mib * _MIB
        if self._detector is None:
            self._detector = Detector(loaded.rules, self._views, loaded.settings.repeat_s)
            for line in before(self._segments, self._log.next):
                self._match(self._detector, line)
        elif before_it and before_it.settings.repeat_s != loaded.settings.repeat_s:
            self._tell(self._detector.flush())
            self._detector = Detector(loaded.rules, self._views, loaded.settings.repeat_s)
        else:
            self._detector.replace(loaded.rules)
        if before_it is None or _rules_said(before_it) != _rules_said(loaded):
            self._say(state="loaded", **_rules_said(loaded))

    # ---- records ----

    def _feed(self, detector: Detector, line: Line) -> None:
        self._tell(self._match(detector, line))
        for key, reason in detector.take_troubles():
            self._disabled[key] = None
            # What comes behind a colon may be captured, and this record can't be erased.
            self._say(state="disabled", rule=_short(key), reason=reason.partition(":")[0])
        if line.sequence % 1000 == 0:
            self._report(detector)

    def _match(self, detector: Detector, line: Line) -> list[Alert]:
        try:
            event = parse(line.data)
        except ValueError:  # damaged
            return []
        return detector.feed(line.sequence, event)

    def _tell(self, alerts: list[Alert]) -> None:
        for alert in alerts:
            if alert.id not in self._told:
                self._pace()
                self._alerts += 1
                self._suppressed += alert.repeated
                self._door.send({"alert": alert_fields(alert), "at": self._log.next})

    def _pace(self) -> None:
        now_s = time.monotonic()
        if int(now_s) != self._second:
            self._second, self._in_second = int(now_s), 0
        self._in_second += 1
        if self._in_second > ALERTS_PER_S:
            time.sleep(self._second + 1 - now_s)

    # ---- the service ----

    def _rest(self) -> bool:
        """Waits for something to do, and takes other rules; whether the service is there."""
        is_idle = self._detector is None or self._log.is_at_end
        waited_for: list[Door | RuleFiles] = [self._door, self._files]
        come, _, _ = select.select(waited_for, [], [], POLL_S if is_idle else 0)
        if self._files in come and (loaded := self._files.take()) is not None:
            self._take(loaded)
        if self._door not in come:
            return True
        message = self._door.receive()
        if message is not None:
            self._files.configure(_settings(message.fields["settings"]))
        return message is not None

    def _report(self, detector: Detector) -> None:
        now_s = time.monotonic()
        if now_s < self._report_s:
            return
        self._report_s = now_s + REPORT_S
        self._evicted.update(detector.take_evicted())
        if self._evicted and now_s >= self._evicted_s:
            self._evicted_s = now_s + _EVICTED_S
            for key, count in self._evicted.items():
                self._say(state="evicted", rule=_short(key), evicted=count)
            self._evicted.clear()
        self._door.send({"state": self._state(), "next": self._log.next, "seen": self._keep()})

    def _state(self) -> Fields:
        assert self._loaded is not None
        return _rules_said(self._loaded) | {
            "state": "working",
            "disabled": [_short(key) for key in self._disabled][:_MAX_DISABLED],
            "behind_bytes": self._log.behind_bytes,
            "alerts": self._alerts,
            "suppressed": self._suppressed,
            "dropped": self._log.dropped,
        }

    def _keep(self) -> int:
        """Puts down what must not be forgotten, if that changed; how many bytes."""
        state = self._views.first_seen.take_state()
        if state is None:
            return 0
        data = orjson.dumps(state)
        os.pwrite(self._memory, data, 0)
        return len(data)

    def _say(self, **fields: Any) -> None:
        self._door.send({"say": fields})


def _rules_said(loaded: Loaded) -> Fields:
    return {
        "rules": len(loaded.rules.rules),
        "correlations": len(loaded.rules.correlations),
        "refused": len(loaded.refused),
        "foreign": loaded.foreign,
        "digest": loaded.digest,
        "refusals": [_refusal(each) for each in loaded.refused[:_MAX_REFUSALS]],
    }


def _refusal(refusal: Refusal) -> Fields:
    return {
        "place": clean(str(refusal.place)[-_MAX_TEXT:]),
        "title": _short(refusal.title),
        "reason": _short(refusal.reason),
    }


def _short(text: str) -> str:
    return clean(text[:_MAX_TEXT])


def _settings(fields: Fields) -> RuleSettings:
    lists = {name: tuple(fields[name]) for name in ("directories", "without")}
    return RuleSettings(**fields | lists)


def _first_seen(data: bytes) -> FirstSeen:
    with suppress(ValueError):
        return FirstSeen.from_state(parse(data))
    return FirstSeen()


def main() -> None:
    """The process: its first message names the `directory` of the log, besides what Matching
    needs. The exit code says why it ended."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    with suppress(PermissionError):  # the unit's sandbox
        os.nice(_NICE)
    # Whatever rules ask for must not use up what the unit may have: this ends us alone.
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
    door = Door.of_worker()
    hello = door.receive()
    if hello is None:
        return
    owner = os.geteuid()
    assert reader  # loaded while modules that root alone can read still can be
    pack()
    try:
        segments = Directory(Path(hello.fields["directory"], "log"))  # where its account can't come
        become(worker_account())
        Matching(hello, segments, door, owner).run()
    except TtytraceError as error:
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
