"""What the audit stream adds to the stage's findings."""

from __future__ import annotations

import pytest

from tests.audit_records import heard
from tests.playbook import (
    PANE,
    PTS,
    SERVER,
    asked,
    at_ns,
    exec_,
    key,
    pane_claim,
    peer,
    server_found,
)
from tracer.correlate.stage import Correlator
from tracer.correlate.witness import SETTLE_NS
from tracer.model.audit import (
    AuditBegan,
    AuditConfig,
    AuditInput,
    AuditLogin,
    AuditLost,
    Said,
)
from tracer.model.context import Origin
from tracer.model.facts import Fact, PeerSeen
from tracer.model.findings import AuditChanged, Finding, Lost, TextInput, UserLogin

LOGIN = AuditLogin(at_ns(1), "login", 77, 1000, 4, Said("/usr/sbin/sshd", "alice", "10.0.0.7"))


@pytest.fixture
def stage() -> Correlator:
    """It knows a server, and its pane by name."""
    correlator = Correlator()
    correlator.feed([server_found(), exec_(PANE, b"sh")], at_ns(0))
    correlator.learn([asked(pane_claim(), ms=0)], at_ns(0))
    return correlator


def learn(stage: Correlator, fact: Fact) -> list[Finding]:
    return stage.learn([fact], at_ns(2))


def test_a_program_that_only_audit_saw_is_lost_at_its_place(stage: Correlator) -> None:
    """With the names that its pane has."""
    learn(stage, AuditBegan(at_ns(0) - 10**10, None))
    learn(stage, heard(201, b"ls", time_ns=at_ns(2), ppid=PANE))
    (lost,) = stage.tick(at_ns(2) + SETTLE_NS)
    assert isinstance(lost, Lost) and lost.place is not None
    assert (lost.kind, lost.reason, lost.records) == ("exec", "seen by audit only", 1)
    assert (lost.place.server.tgid, lost.place.pane_pid, lost.place.pane_id) == (SERVER, PANE, "%0")


def test_logins_changes_and_losses_are_told(stage: Correlator) -> None:
    """At once."""
    assert learn(stage, LOGIN) == [UserLogin(*LOGIN)]
    change = AuditConfig(at_ns(1), "op=remove_rule", 0, None)
    assert learn(stage, change) == [AuditChanged(*change)]
    (lost,) = learn(stage, AuditLost(at_ns(1), "the receive buffer was full", None))
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.records, lost.place) == ("audit", None, None)


def test_input_is_that_of_its_pane(stage: Correlator) -> None:
    """Nobody is named, and no byte is there; what the server reads of its clients is not told."""
    first, second = (learn(stage, AuditInput(at_ns(1), PANE, PTS, size))[0] for size in (5, 7))
    assert isinstance(first, TextInput) and isinstance(second, TextInput)
    assert (first.offset, first.size, second.offset) == (0, 5, 5)
    assert (first.data, first.withheld, first.place.pane_id) == (None, "audit", "%0")
    assert [(by.size, by.person) for by in first.typed_by] == [(5, None)]
    assert learn(stage, AuditInput(at_ns(1), SERVER, PTS, 5)) == []


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        (Origin("unknown"), Origin("unknown", "10.0.0.7", is_heard=True)),
        (Origin("console"), Origin("console")),
        (Origin("ssh", "10.0.0.9", 22), Origin("ssh", "10.0.0.9", 22)),
    ],
)
def test_whose_way_is_not_known_has_at_least_that_of_their_login(
    stage: Correlator, origin: Origin, known: Origin
) -> None:
    """By the audit session, and marked; what was observed wins."""
    learn(stage, LOGIN)
    people = stage._people
    record = peer(300)
    assert record.who is not None
    people.meet(record.key, record.who._replace(audit_session=4))
    learn(stage, PeerSeen(key(300), None, origin))
    person = people.person(key(300))
    assert person is not None and person.origin == known
    assert people.latest(person).origin == known
