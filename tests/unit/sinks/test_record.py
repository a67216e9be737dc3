"""The record sink: what goes into the log, in which order, and what the log says of the run."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.samples import ENDED, EXEC, HOST, OUTPUT, PROCESS, SECOND, FixedClock, names
from tracer.clock import boot_ns
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.model.context import Place
from tracer.model.events import ProcessKey
from tracer.model.findings import ProgramStarted
from tracer.model.sealed import Stamp
from tracer.settings import LogSettings
from tracer.sinks.pulse import Beat, Pulse
from tracer.sinks.record import RecordSink

US = 4242
CANARY = ProgramStarted(
    1, PROCESS._replace(argv=(b"/bin/true", b"abc"), argc=2), Place(ProcessKey(US, 0))
)


class Page:
    """A log that keeps what it is given, and is its own keeper."""

    def __init__(self) -> None:
        self.events: list[Fields] = []
        self.calls: list[str] = []
        self.taken: list[object] = []

    def append(self, events: list[Fields], stamp: Stamp) -> None:
        orjson.dumps(events)  # all of it can be written
        self.events += events
        assert stamp.wall_ns - stamp.boot_ns == FixedClock().boot_ns

    def tick(self, stamp: Stamp) -> None:
        self.calls.append("tick")

    def sync(self, stamp: Stamp) -> bool:
        return True

    has_batch = is_busy = False

    def rotate(self, stamp: Stamp) -> None:
        self.calls.append("rotate")

    def take(self, request: object) -> None:
        self.taken.append(request)

    def configure(self, settings: LogSettings) -> None:
        self.calls.append(f"{settings.keep_days} days")

    def step(self, log: object, stamp: Stamp) -> None:
        assert log is self
        self.calls.append("step")

    def close(self, stamp: Stamp | None = None) -> None:
        self.calls.append("close" if stamp else "close keeper")

    @property
    def actions(self) -> list[str]:
        return [event["event"]["action"] for event in self.events]

    def last(self) -> Fields:
        fields: Fields = self.events[-1]["ttytrace"]["log"]
        return fields


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def sink(page: Page) -> RecordSink:
    clock = FixedClock()
    return RecordSink(page, page, Encoder(HOST, names, clock), clock, Pulse(US, boot_ns()))


def test_findings_are_appended_as_events(sink: RecordSink, page: Page) -> None:
    """Encoded as everywhere, in their order, without the canary's."""
    sink.write([EXEC, CANARY, OUTPUT])
    sink.write([ENDED])
    assert page.actions == ["exec", "text_output", "end"]
    encoder = Encoder(HOST, names, FixedClock())
    assert page.events == [encoder.encode(finding) for finding in (EXEC, OUTPUT, ENDED)]


def test_what_is_said_stands_at_its_place(sink: RecordSink, page: Page) -> None:
    """Between what came before and after; only it has ttytrace.log."""
    sink.write([EXEC])
    sink.say("start", plan="fentry")
    sink.write([OUTPUT])
    assert page.actions == ["exec", "start", "text_output"]
    assert [event["ttytrace"].get("log") for event in page.events] == [
        None,
        {"plan": "fentry"},
        None,
    ]


def test_an_alert_stands_at_its_place(sink: RecordSink, page: Page) -> None:
    """It is no record about the log; it has the moment at which it got there."""
    said = {"event": {"action": "alert"}, "ttytrace": {"alert": {"id": "a:1"}}}
    sink.write([EXEC])
    sink.alert(said)
    assert page.actions == ["exec", "alert"]
    alert = page.events[1]
    boottime_ns = alert["ttytrace"]["boottime_ns"]
    assert alert["@timestamp"] == timestamp(FixedClock().at(boottime_ns))
    assert alert["ttytrace"] == {"boottime_ns": boottime_ns, "alert": {"id": "a:1"}}
    assert said["ttytrace"] == {"alert": {"id": "a:1"}}


def test_a_gap_says_from_when_to_when(sink: RecordSink, page: Page) -> None:
    """In wall time, as events have it."""
    sink.gap("stalled", 7 * SECOND, 14 * SECOND)
    assert page.last() == {
        "reason": "stalled",
        "from": "2026-11-20T00:00:07.000000Z",
        "to": "2026-11-20T00:00:14.000000Z",
    }


def test_a_gap_may_begin_before_this_boot(sink: RecordSink, page: Page) -> None:
    """What is known of then is the wall clock."""
    sink.gap_since("crash", FixedClock().boot_ns - SECOND, 2 * SECOND)
    assert page.last()["from"] == "2026-11-19T23:59:59.000000Z"


def test_a_heartbeat_says_that_the_canary_came_back(sink: RecordSink, page: Page) -> None:
    """And what else it is given."""
    sent_ns = boot_ns()
    sink.write([CANARY])
    sink.beat(Beat(b"abc", sent_ns), {"queue": 0})
    assert page.actions == ["heartbeat"]
    assert page.last()["queue"] == 0
    assert 0 < page.last()["canary"]["ms"] < 60_000


def test_a_heartbeat_without_a_canary_comes_with_a_gap(sink: RecordSink, page: Page) -> None:
    """The gap first: it is about what stands before."""
    sink.beat(Beat(b"abc", boot_ns()), {})
    assert page.actions == ["gap", "heartbeat"]
    assert page.events[0]["ttytrace"]["log"]["reason"] == "blind"
    assert page.last() == {"canary": {"missing": True}}


def test_time_and_the_end_are_passed_on(sink: RecordSink, page: Page) -> None:
    """When what is written is the log's to know, and the keeper needs it to the end."""
    sink.tick()
    sink.close()
    assert page.calls == ["tick", "step", "close keeper", "close"]


def test_what_somebody_asks_for_is_begun_at_once(sink: RecordSink, page: Page) -> None:
    """The keeper takes it, and has its step."""
    request: Any = object()
    sink.serve(request)
    assert page.taken == [request]
    assert page.calls == ["tick", "step"]


def test_other_settings_are_the_logs_and_the_keepers(sink: RecordSink, page: Page) -> None:
    """Both go by them."""
    sink.configure(LogSettings(keep_days=3))
    assert page.calls == ["3 days", "3 days"]


def test_the_last_heartbeat_is_remembered(sink: RecordSink) -> None:
    """For who asks how it goes; so is how many events there were."""
    assert sink.last_beat is None
    sink.write([EXEC, CANARY])
    sink.beat(Beat(b"abc", boot_ns()), {})
    assert sink.last_beat is not None
    assert set(sink.last_beat[1]) == {"ms"}
    assert sink.events == 1


def test_it_is_looked_after_as_often_as_it_needs(sink: RecordSink, page: Page) -> None:
    """Soon while something waits to be written, or somebody for an answer; else seldom."""
    idle = sink.rest_s()
    page.is_busy = True
    busy = sink.rest_s()
    page.has_batch = True
    assert sink.rest_s() < busy < idle
