"""Who is who: what records and /proc show of the same process, and where clients sit."""

from __future__ import annotations

import pytest

from tests.playbook import CLIENT_PTS, PTS, SERVER, key, seen, who
from tracer.correlate.people import People
from tracer.model.context import Origin, Person
from tracer.model.facts import PeerSeen
from tracer.model.hands import Hand

AT_PTS = Hand(CLIENT_PTS, None)
SSH = Origin("ssh", "10.0.0.7", 50022)


@pytest.fixture
def people() -> People:
    """One process was met: 500."""
    made = People()
    made.meet(key(500), who())
    return made


def by(pid: int) -> Hand:
    return Hand(None, key(pid))


def test_a_process_is_what_its_record_says(people: People) -> None:
    """Uid, loginuid, audit session and terminal; nothing of where its user came from."""
    assert people.person(key(500)) == Person(key(500), 1000, 1000, None, PTS, None, False)
    assert people.person(key(501)) is None
    assert people.person_of(by(500), SERVER) == people.person(key(500))
    assert people.person_of(by(501), SERVER) is None


def test_who_sits_at_a_terminal(people: People) -> None:
    """The client that this server reads from there; nobody before, after, or for other servers."""
    assert people.person_of(AT_PTS, SERVER) is None
    people.seat(SERVER, CLIENT_PTS, key(500))
    person = people.person_of(AT_PTS, SERVER)
    assert person is not None and (person.key, person.is_client) == (key(500), True)
    assert people.person_of(AT_PTS, SERVER + 1) is None
    people.unseat(SERVER, CLIENT_PTS)
    assert people.person_of(AT_PTS, SERVER) is None


def test_a_record_wins_over_proc(people: People) -> None:
    """Whichever came first; the start times of both are the same within a tick."""
    rounded = seen(500)._replace(uid=7, start_time_ns=key(500).start_time_ns - 9_999_999)
    assert people.see(rounded) == key(500)
    first = people.see(seen(501)._replace(uid=7))
    people.meet(key(501)._replace(start_time_ns=first.start_time_ns + 9_999_999), who())
    for pid in (500, 501):
        person = people.person(key(pid))
        assert person is not None and person.uid == 1000


def test_a_pid_that_is_used_again_is_another_person(people: People) -> None:
    """Also where the end of the first was never seen."""
    later = key(500)._replace(start_time_ns=key(500).start_time_ns + 10**9)
    people.meet(later, who()._replace(uid=7))
    old, new = people.person(key(500)), people.person(later)
    assert old is not None and new is not None
    assert (old.uid, new.uid) == (1000, 7)


def test_the_start_of_a_process_that_is_over_is_not_told(people: People) -> None:
    """A start time of 0 means the one that lives, and nobody when it was known to be over."""
    nameless = key(500)._replace(start_time_ns=0)
    assert people.key(nameless) == key(500)
    people.end(nameless)
    assert people.key(nameless) is None
    assert people.key(key(500)) == key(500)


def test_who_ended_is_remembered_for_a_while(people: People) -> None:
    """What it had typed is told later; after a thousand others it is forgotten."""
    people.end(key(500))
    assert people.person_of(by(500), SERVER) is not None
    for pid in range(1000, 2024):
        people.meet(key(pid), who())
        people.end(key(pid))
    assert people.person_of(by(500), SERVER) is None
    people.end(key(500))


def test_who_is_over_stays_over(people: People) -> None:
    """Its last message is read late; the kernel has less of it then."""
    people.end(key(500))
    people.meet(key(500), who()._replace(tty=None))
    person = people.person(key(500))
    assert person is not None and person.tty == PTS
    people.want_origin(key(500))
    assert people.wants_origins() == []


def test_who_acts_is_looked_up_once(people: People) -> None:
    """When it is first needed; what is found stays, also past a later record and its end."""
    assert people.wants_origins() == []
    people.person_of(by(500), SERVER)
    people.person_of(by(500), SERVER)
    assert people.wants_origins() == [key(500)]
    people.person_of(by(500), SERVER)
    assert people.wants_origins() == []
    people.learn(PeerSeen(key(500), None, SSH))
    people.meet(key(500), who())
    people.end(key(500))
    person = people.person(key(500))
    assert person is not None and person.origin == SSH


def test_who_is_over_is_not_looked_up(people: People) -> None:
    """It keeps what its record said; what is found of a stranger is nobody's."""
    people.end(key(500))
    people.person_of(by(500), SERVER)
    assert people.wants_origins() == []
    people.learn(PeerSeen(key(501), None, SSH))
    assert people.person(key(501)) is None
