"""tracer.replay.stored_events"""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.alerted import alert_on
from tests.samples import (
    ALICE,
    COMMANDED,
    ENDED,
    HOST,
    INJECTED,
    INPUT,
    LOST,
    METADATA,
    NESTED,
    NOT_TYPED,
    NOW,
    OUTPUT,
    PLACE,
    PTS,
    SECOND,
    TRACED,
    TYPED_BY,
    FixedClock,
    names,
)  # fmt: skip
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.model.capture import Capture, Cursor, Modes
from tracer.model.findings import Finding, Lost, PaneCaptured, TerminalResized, TmuxChanged
from tracer.model.hands import Confidence, How
from tracer.model.sealed import Stamp
from tracer.replay.recording import (
    Alert,
    Claimed,
    Command,
    Ended,
    Event,
    Gap,
    Hand,
    Output,
    Resized,
    Typed,
)  # fmt: skip
from tracer.replay.stored_events import StoredEvents, in_order

ENCODER = Encoder(HOST, names, FixedClock())


def line(finding: Finding) -> bytes:
    return orjson.dumps(ENCODER.encode(finding))


def about_log(action: str, at_ns: int, **fields: Any) -> bytes:
    return orjson.dumps(control(action, Stamp(at_ns, FixedClock().at(at_ns)), **fields))


def reader(*, is_sized: bool = False) -> StoredEvents:
    return StoredEvents(NOW - SECOND, 0, (80, 24), is_sized=is_sized)


def read(*findings: Finding) -> list[Event]:
    reading = reader()
    return [event for finding in findings for event in reading.read(line(finding))]


def test_output_is_what_was_shown() -> None:
    """To the byte."""
    odd = OUTPUT._replace(data=b"\xff\x1b[1m", time_ns=NOW + 5)
    assert read(OUTPUT, odd) == [
        Output(SECOND, b"total 0\r\n"),
        Output(SECOND + 5, b"\xff\x1b[1m"),
    ]


def test_sizes_are_told() -> None:
    """By each output in older logs; by events of their own, once there is one."""
    small = OUTPUT._replace(columns=40, rows=10, data=b"x")
    resized = TerminalResized(NOW, PLACE, None, PTS, 30, 100, 0)
    assert read(OUTPUT, small, small, resized, small, resized) == [
        Output(SECOND, OUTPUT.data),
        Resized(SECOND, 40, 10),
        Output(SECOND, b"x"),
        Output(SECOND, b"x"),
        Resized(SECOND, 100, 30),
        Output(SECOND, b"x"),
    ]
    assert reader(is_sized=True).read(line(small)) == [Output(SECOND, b"x")]


def test_hands_are_named_as_the_record_names_them() -> None:
    """As whom they logged in, and as whom they act; nobody in doubt."""
    likely = TYPED_BY._replace(person=NESTED, confidence=Confidence.LIKELY, size=2)
    reply = NOT_TYPED._replace(how=How.TERMINAL_REPLY, size=3)
    typed = METADATA._replace(typed_by=(TYPED_BY, likely, NOT_TYPED, reply), size=17)
    assert read(INPUT, typed) == [
        Typed(SECOND, 6, b"ls -l\r", (Hand(6, "alice", "keystroke", True),)),
        Typed(
            SECOND,
            17,
            None,
            (
                Hand(6, "alice", "keystroke", True),
                Hand(2, "alice→root", "keystroke", False),
                Hand(6, None, "unknown", False),
                Hand(3, None, "terminal-reply", True),
            ),
        ),
    ]


def test_programs_start_and_end() -> None:
    """With who pressed Enter."""
    assert read(COMMANDED, ENDED) == [
        Command(SECOND, 4711, "ls -l my file", "alice"),
        Ended(SECOND, 4711, 3),
    ]


def test_what_is_missing_is_a_gap() -> None:
    """In its place, with how much and why."""
    assert read(LOST) == [Gap(SECOND, SECOND, 37, "lost: ring full")]
    stop = reader().read(about_log("stop", NOW, reason="signal"))
    assert stop == [Gap(SECOND, None, None, "nobody recorded from here on")]
    span = {
        "from": "2026-11-20T01:23:10.000000Z",
        "to": "2026-11-20T01:23:20.000000Z",
    }
    reading = StoredEvents(NOW - 60 * SECOND, 0, (80, 24), is_sized=True)
    reading.read(line(OUTPUT._replace(time_ns=NOW - 30 * SECOND)))
    (gap,) = reading.read(about_log("gap", NOW, reason="crash", **span))
    to_ns = 60 * SECOND - 123_456_000
    assert gap == Gap(to_ns - 10 * SECOND, to_ns, None, "crash, 10.0 s")


def test_other_losses_leave_the_screen_as_it_is() -> None:
    """And are told all the same."""
    lost = LOST._replace(kind="text_input")
    assert read(lost) == [Alert(SECOND, "some text_input was not recorded: ring full")]


def test_a_claim_is_one() -> None:
    """With the screen that was claimed."""
    capture = Capture(20, 2, Cursor(0, 2), Modes(True, False, False, True), 0, 1, (), b"hi\n\n")
    (claimed,) = read(PaneCaptured(NOW, PLACE, PTS, capture))
    assert isinstance(claimed, Claimed)
    assert (claimed.screen.columns, claimed.screen.lines[0].text()) == (20, "hi")


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (INJECTED, "bob put input in past the keyboard: tiocsti, 12x"),
        (TRACED, "bob took hold of process 4711: PTRACE_ATTACH"),
        (INJECTED._replace(person=ALICE), "alice put input in past the keyboard: tiocsti, 12x"),
        (
            TmuxChanged(NOW, "server-unverified", PLACE, None, "hostile: OPEN"),
            "the tmux server is not believed: hostile: OPEN",
        ),
    ],
)
def test_what_somebody_should_look_at_is_an_alert(finding: Finding, text: str) -> None:
    """In words."""
    assert read(finding) == [Alert(SECOND, text)]


def test_alerts_are_alerts() -> None:
    """Whatever rule raised them."""
    event = alert_on(ENCODER.encode(OUTPUT))
    assert reader().read(orjson.dumps(event)) == [Alert(2 * SECOND, "high: Somebody looks")]


def test_other_records_tell_nothing() -> None:
    """Of the terminal."""
    assert reader().read(about_log("start", NOW)) == []
    assert read(TmuxChanged(NOW, "pane-opened", PLACE, None, None)) == []


def test_time_never_goes_back() -> None:
    """Whatever the records say."""
    early = OUTPUT._replace(time_ns=NOW - 5 * SECOND, data=b"x")
    assert read(OUTPUT, early)[1:] == [Output(SECOND, b"x")]


def test_what_is_recorded_early_does_not_move_what_was_shown() -> None:
    """Output is recorded once it is joined: what happened meanwhile stands before it."""
    lost = Lost(NOW + SECOND, "fork", "ring full", 1, None, None, None, None)
    shown = list(in_order(read(OUTPUT, lost, OUTPUT._replace(data=b"x"))))
    assert [type(each) for each in shown[-3:]] == [Output, Output, Alert]
    assert [each.at_ns for each in shown[-3:]] == [SECOND, SECOND, 2 * SECOND]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\xff", b"1", b"[]", b"{}", b'{"event":1}', b'{"event":{"action":[]}}'),
        b'{"event":{"action":"stop"},"ttytrace":{"boottime_ns":"x"}}',
        b'{"erased":"x"}',
    ],
)
def test_whatever_a_line_is_no_error(data: bytes) -> None:
    """It is a gap."""
    (gap,) = reader().read(data)
    assert isinstance(gap, Gap)


@pytest.mark.parametrize("finding", [OUTPUT, LOST, INPUT, COMMANDED, ENDED, INJECTED])
def test_a_damaged_record_is_no_error(finding: Finding) -> None:
    """Whatever is missing in it, or of another kind."""
    event = ENCODER.encode(finding)
    for part, fields in event.items():
        for name in fields if isinstance(fields, dict) else ():
            for wrong in (None, [], "x", 1 << 63):
                damaged = event | {part: fields | {name: wrong}}
                for each in reader().read(orjson.dumps(damaged)):
                    assert isinstance(each.at_ns, int)
