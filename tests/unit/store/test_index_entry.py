"""tracer.store.index_entry"""

from __future__ import annotations

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.alerted import alert_on
from tests.samples import (
    ALICE,
    ATTACHED,
    COMMANDED,
    ENDED,
    EXEC,
    FINDINGS,
    HOST,
    INJECTED,
    INPUT,
    METADATA,
    NOT_TYPED,
    NOW,
    OUTPUT,
    PLACE,
    STRANGER,
    TRACED,
    TYPED_BY,
    FixedClock,
    names,
)
from tracer.codec.ecs import Encoder
from tracer.model.context import Command
from tracer.model.findings import Finding, TmuxChanged
from tracer.model.hands import How
from tracer.store.index_entry import Entry, accounts_of, entry_of


def entry(finding: Finding) -> Entry:
    return entry_of(Encoder(HOST, names, FixedClock()).to_json(finding))


@pytest.mark.parametrize(
    ("finding", "people"),
    [
        (INPUT, {"alice", "1000"}),
        (METADATA._replace(typed_by=(TYPED_BY, NOT_TYPED)), {"alice", "1000", "unknown"}),
        (INPUT._replace(typed_by=(NOT_TYPED._replace(how=How.TERMINAL_REPLY),)), set()),
        (COMMANDED, {"alice", "1000", "bob", "1002", "unknown"}),
        (EXEC, set()),
        (EXEC._replace(command=Command((), None, False, "")), {"unknown"}),
        (INJECTED, {"bob", "1002"}),
        (TRACED._replace(person=ALICE._replace(uid=0)), {"root", "0", "1000"}),
        (TRACED._replace(person=STRANGER), {"unknown"}),
        (TmuxChanged(NOW, "client-attached", PLACE, ATTACHED, None), {"alice", "1000"}),
        (OUTPUT, set()),
    ],
)
def test_whose_hands_were_in_it(finding: Finding, people: set[str]) -> None:
    """By name, by uid, and by the uid that they logged in with; somebody who isn't known is
    unknown, and where nobody did anything there is nobody."""
    assert set(entry(finding).label.people) == people


def test_what_a_record_is_found_by() -> None:
    """Its kind, place and user; a command line in its start and its end; the exit code."""
    ended = entry(ENDED)
    assert ended.label[:-1] == (
        "end", "lab", HOST.boot_id, 900, "$1", "work", "%3", 1000, None, None, None,
        "alice", "1000", 3, None, None, None,
    )  # fmt: skip
    assert (ended.command, ended.act) == ("ls -l my file", None)
    assert entry(EXEC).command == "ls -l my file"
    assert ended.time_us == FixedClock().at(NOW) // 1000
    assert ended.boottime_ns == NOW
    output = entry(OUTPUT)
    assert output.label[7:11] == (1000, None, 136, 3)
    assert output.act is not None


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_kind_of_finding_has_an_entry(finding: Finding) -> None:
    """Full or bare."""
    assert entry(finding).label.kind


def test_accounts_are_learnt_from_wherever_they_stand() -> None:
    """Users, people, and who came through su."""
    event = orjson.loads(Encoder(HOST, names, FixedClock()).to_json(COMMANDED))
    assert set(accounts_of(event)) == {("1000", "alice"), ("1002", "bob")}


EVENT = orjson.loads(Encoder(HOST, names, FixedClock()).to_json(OUTPUT))
VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())


@given(
    st.sampled_from(sorted(EVENT)), st.sampled_from(["id", "text", "pid", "action", "io"]), VALUES
)
def test_a_damaged_line_is_refused_or_read(part: str, name: str, value: object) -> None:
    """Any other value at any place: an entry, or ValueError."""
    for event in (EVENT | {part: value}, EVENT | {part: {name: value}}):
        try:
            line = orjson.dumps(event)
        except TypeError:  # no JSON has it
            continue
        with suppress(ValueError):
            hash(entry_of(line).label)


def test_an_alert_is_found_by_its_rule() -> None:
    """When and where what it tells of happened."""
    encoder = Encoder(HOST, names, FixedClock())
    found = entry_of(orjson.dumps(alert_on(encoder.encode(INPUT))))
    cause = entry(INPUT)
    assert found.command == "Somebody looks"
    assert found.label[-4:-1] == ("looks", "Somebody looks", "high")
    assert found.label.pane_pid == cause.label.pane_pid
    assert found.label.people == cause.label.people
    assert found.time_us == cause.time_us
    assert abs(found.boottime_ns - cause.boottime_ns) < 1000
