"""`ttytrace rules run`: what rules would have told of what was recorded.

Invariant: the log is read only, and it is on record who reads it before anything of it is shown.
The same records give the same alerts as they did live, by the same rules.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import orjson

from tracer.cli.indexed import note_reader, say
from tracer.cli.logs import open_log
from tracer.cli.render import wants_colour
from tracer.cli.rules_found import detector_of, settings_here, usable
from tracer.cli.stored import StoredLines
from tracer.codec.identity import Fields
from tracer.codec.log import parse
from tracer.codec.moment import timestamp, wall_ns
from tracer.codec.safe import safe_json
from tracer.detect.alerts import Alert, alert_fields
from tracer.detect.detector import Detector
from tracer.store.directory import Directory
from tracer.store.follow import Follower, Line
from tracer.store.query import Query
from tracer.store.search import Found
from tracer.workers.rules_log import before


class Stretch(NamedTuple):
    """Of the log's time, nanoseconds since 1970, both ends included; None: from its beginning, up
    to its end."""

    since_ns: int | None
    until_ns: int | None


def alerted(
    log: Path | None, directories: Sequence[Path], stretch: Stretch, *, is_json: bool
) -> bool:
    """Prints what rules tell of a log; whether they tell anything. Raises NoRules, and as
    open_log() and note_reader() do."""
    rules, repeat_s = usable(directories), settings_here().rules.repeat_s
    detector, segments = detector_of(rules, repeat_s), open_log(log).inside("log")
    note_reader(log)
    printer, is_found = _Printer(is_json=is_json), False
    for alert in alerts_in(segments, detector, stretch):
        is_found = True
        printer.show(alert)
    _say_troubles(detector)
    return is_found


def alerts_in(segments: Directory, detector: Detector, stretch: Stretch) -> Iterator[Alert]:
    """What is told of a stretch of the log. What was an hour before it is known. Raises BadLog."""
    with closing(_follower(segments, stretch.since_ns)) as follower:
        is_first = True
        for line in _lines(follower):
            if is_first:
                _learn(segments, detector, line.sequence)
                is_first = False
            event = _event(line)
            if _is_behind(event, stretch.until_ns):
                break
            yield from _within(stretch, detector.feed(line.sequence, event))
    yield from _within(stretch, detector.flush())


def told(alert: Alert) -> Fields:
    """An alert as an event: as the log would have it, but for when it got there."""
    fields = alert_fields(alert)
    boottime_ns = alert.event.get("ttytrace", {}).get("boottime_ns", 0)
    when: Fields = {"@timestamp": timestamp(alert.time_ns)}
    return when | fields | {"ttytrace": {"boottime_ns": boottime_ns} | fields["ttytrace"]}


class _Printer:
    """Prints alerts, each with the handle of its cause."""

    def __init__(self, *, is_json: bool) -> None:
        self._is_json = is_json
        self._lines = StoredLines(Query(), colour=wants_colour(sys.stdout), width=None)

    def show(self, alert: Alert) -> None:
        """One line."""
        line = orjson.dumps(told(alert))
        if not self._is_json:
            text = self._lines.draw(Found(alert.causes[-1], line, []))
        else:
            text = safe_json(line) if sys.stdout.isatty() else line.decode()
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _say_troubles(detector: Detector) -> None:
    """Tells on stderr what keeps this from being all."""
    for trouble in detector.take_troubles():
        say(f"{trouble.key} was disabled: {trouble.reason}")
    for key, count in detector.take_evicted().items():
        say(f"{key} forgot {count} groups before their time")


def _follower(segments: Directory, since_ns: int | None) -> Follower:
    return Follower(segments, 0) if since_ns is None else Follower.since(segments, since_ns)


def _lines(follower: Follower) -> Iterator[Line]:
    while not follower.is_at_end:
        yield from follower.take()


def _learn(segments: Directory, detector: Detector, first: int) -> None:
    for line in before(segments, first):
        detector.feed(line.sequence, _event(line))


def _event(line: Line) -> Fields:
    """Nothing where it is damaged."""
    try:
        return parse(line.data)
    except ValueError:
        return {}


def _is_behind(event: Fields, until_ns: int | None) -> bool:
    try:
        return until_ns is not None and wall_ns(event["@timestamp"]) > until_ns
    except (KeyError, TypeError, ValueError):
        return False


def _within(stretch: Stretch, alerts: list[Alert]) -> Iterator[Alert]:
    since_ns, until_ns = stretch
    for alert in alerts:
        if (since_ns or 0) <= alert.time_ns and (until_ns is None or alert.time_ns <= until_ns):
            yield alert
