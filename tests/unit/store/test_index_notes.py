"""tracer.store.index_notes"""

from __future__ import annotations

from typing import Any

import orjson

from tests.samples import (
    ATTACHED,
    EXEC,
    HOST,
    INPUT,
    LOST,
    NOW,
    OUTPUT,
    PLACE,
    SECOND,
    FixedClock,
    names,
)
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.codec.moment import timestamp
from tracer.model.findings import Finding, TmuxChanged
from tracer.model.sealed import Stamp
from tracer.store.index_entry import Entry, entry_of
from tracer.store.index_notes import Gap, GapFinder, Session, SessionKey, session_key

START_US = FixedClock().at(NOW) // 1000


def about(action: str, second: int, **fields: Any) -> Entry:
    at = NOW + second * SECOND
    return entry_of(orjson.dumps(control(action, Stamp(at, FixedClock().at(at)), **fields)))


def entry(finding: Finding) -> Entry:
    return entry_of(Encoder(HOST, names, FixedClock()).to_json(finding))


def gaps(*entries: Entry) -> list[tuple[int, int, str]]:
    """Seconds from when to when, and why."""
    finder = GapFinder(None)
    found = [finder.feed(nth, entry) for nth, entry in enumerate(entries)]
    return [
        ((gap.since_us - START_US) // 1_000_000, (gap.until_us - START_US) // 1_000_000, gap.why)
        for gap in found
        if gap
    ]


def test_a_run_that_stopped() -> None:
    """From its last word to the start of the next."""
    previous = {"end": "sealed"}
    entries = [about("start", 0), about("stop", 1), about("segment", 60, previous=previous)]
    assert gaps(*entries, about("start", 61)) == [(1, 61, "not running (stopped)")]


def test_the_first_run_follows_nothing() -> None:
    """Before it nobody promised to record."""
    entries = [about("segment", 0), about("seal", 0)]
    assert gaps(*entries, about("start", 1, previous={"end": "first"})) == []
    assert gaps(*entries, about("start", 1, previous={"end": "stop"})) == [(0, 1, "not running")]


def test_what_was_erased_was_there() -> None:
    """At the time of the record, not of its erasure."""
    kept = {"@timestamp": timestamp(FixedClock().at(NOW + 3 * SECOND))}
    assert gaps(about("erase", 60, index=7, kept=kept)) == [(3, 3, "record #7 was erased")]


def test_a_run_that_crashed() -> None:
    """As the next segment says."""
    entries = [about("start", 0), about("seal", 1), about("segment", 60, previous={"end": "torn"})]
    assert gaps(*entries, about("start", 61)) == [(1, 61, "not running (torn)")]


def test_a_crash_that_the_next_run_tells_of() -> None:
    """Is one gap, from the last record that there is to that."""
    since, until = (timestamp(FixedClock().at(NOW + at * SECOND)) for at in (1, 61))
    crash = about("gap", 61, reason="crash", **{"from": since, "to": until})
    entries = [about("seal", 1), about("segment", 61, previous={"end": "torn"}), crash]
    assert gaps(*entries, about("start", 61)) == [(1, 61, "crash")]


def test_a_command_that_only_left_a_record() -> None:
    """Nobody recorded before it, nor after."""
    sealed = {"end": "sealed"}
    entries = [about("stop", 0), about("segment", 60, previous=sealed), about("read", 60)]
    entries += [about("stop", 60), about("segment", 90, previous=sealed), about("start", 90)]
    assert gaps(*entries) == [(0, 60, "not running (stopped)"), (60, 90, "not running (stopped)")]


def test_a_new_segment_is_no_gap() -> None:
    """While the run goes on."""
    assert (
        gaps(about("seal", 0), about("segment", 1, previous={"end": "sealed"}), about("seal", 2))
        == []
    )


def test_silence_is_a_gap() -> None:
    """Each second has its seal; events say nothing about when the log was alive."""
    assert gaps(about("seal", 0), entry(EXEC), about("seal", 5)) == []
    assert gaps(about("seal", 0), entry(EXEC), about("seal", 6)) == [(0, 6, "silence")]


def test_what_the_log_says_is_missing() -> None:
    """From when to when, how much, why."""
    since, until = (timestamp(FixedClock().at(at)) for at in (NOW, NOW + 9 * SECOND))
    times = {"from": since, "to": until}
    gap = about("gap", 9, reason="disk-full", records=4, **times)
    assert gaps(about("seal", 8), gap) == [(0, 9, "4 records not kept (disk-full)")]


def test_what_was_lost_has_a_place() -> None:
    """So that it touches only who asks for that place."""
    finder = GapFinder(None)
    assert finder.feed(5, entry(LOST)) == Gap(
        5, START_US, START_US, "37 bytes of text_output lost (ring full)", "$1", "work", "%3"
    )


def session_of(*findings: Finding) -> Session:
    first = entry(findings[0])
    session = Session(first.label.host, first.time_us)
    for nth, finding in enumerate(findings):
        session.add(nth, entry(finding))
    return session


def test_a_session_is_counted() -> None:
    """Commands, bytes shown and typed, people, names, times."""
    later = OUTPUT._replace(time_ns=NOW + SECOND, place=PLACE._replace(session_name="play"))
    attached = TmuxChanged(NOW, "client-attached", PLACE, ATTACHED, None)
    session = session_of(EXEC, EXEC, OUTPUT, INPUT, LOST, attached, later)
    assert (session.commands, session.shown, session.typed, session.lost) == (2, 18, 6, 1)
    assert list(session.people) == ["alice"]
    assert list(session.names) == ["work", "play"]
    assert session.last_us - session.first_us == 1_000_000
    assert session.last_sequence == 6


def test_parts_of_a_session_are_joined() -> None:
    """As if they had been counted together."""
    parts = session_of(EXEC, OUTPUT)
    parts.join(session_of(EXEC, INPUT))
    whole = session_of(EXEC, OUTPUT, EXEC, INPUT)
    whole.last_sequence = 1
    assert vars(parts) == vars(whole)


def test_a_session_is_one_of_one_server_of_one_boot() -> None:
    """Its name says nothing: it may change, and others may have it."""
    assert session_key(entry(EXEC).label) == SessionKey(HOST.boot_id, 900, "$1")
    assert session_key(about("seal", 0).label) is None
