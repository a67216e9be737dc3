"""tracer.cli.people"""

from __future__ import annotations

import pytest

from tests import samples
from tracer.cli.people import People
from tracer.model.context import Client, Origin
from tracer.model.events import Tty
from tracer.model.findings import TmuxChanged
from tracer.model.hands import Confidence, How

PEOPLE = People(samples.names)


def by_ssh(address: str):
    return samples.ALICE._replace(origin=Origin("ssh", address, 22))


@pytest.mark.parametrize(
    ("person", "label"),
    [
        (samples.ALICE, "alice@10.0.0.7"),
        (samples.BOB, "bob@pts/8"),
        (samples.NESTED, "alice@2001:db8::1→root"),
        (samples.STRANGER, "?"),
        (samples.STRANGER._replace(tty=Tty(4, 1)), "?@4:1"),
        (samples.BOB._replace(loginuid=None), "bob@pts/8"),
        (samples.BOB._replace(uid=None, loginuid=77, tty=None), "77"),
        (by_ssh("x y"), "alice@'x y'"),
        (None, "?"),
    ],
)
def test_a_person_is_who_logged_in_from_where_and_as_whom(person, label):
    """An address where there is one, else the terminal; nobody is a question mark."""
    assert PEOPLE.person(person) == label


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "alice@10.0.0.7"),
        ({"confidence": Confidence.LIKELY}, "alice@10.0.0.7?"),
        ({"how": How.UNKNOWN, "person": None}, "?"),
        ({"how": How.TERMINAL_REPLY, "person": None}, "-"),
    ],
)
def test_an_author_is_as_sure_as_it_is(changes, label):
    """What is likely has a question mark, and what nobody typed has no author."""
    assert PEOPLE.author(samples.TYPED_BY._replace(**changes)) == label


@pytest.mark.parametrize(
    ("client", "label"),
    [
        (samples.ATTACHED, "alice@10.0.0.7 pts/7"),
        (samples.ATTACHED._replace(person=samples.BOB), "bob@pts/8"),
        (samples.CLIENT, "alice pts/3"),
        (Client(78, None, None, None, None, False), "? pid 78"),
        (Client(None, None, samples.PTS, None, None, False), "? pts/3"),
        (Client(None, None, None, None, None, False), "? pid ?"),
    ],
)
def test_a_client_has_its_terminal_once(client, label):
    """The kernel's where a person is known, else the one that tmux tells."""
    assert PEOPLE.client(client) == label


@pytest.mark.parametrize(
    ("finding", "label"),
    [
        (samples.EXEC, "alice"),
        (samples.COMMANDED, "alice"),
        (samples.OUTPUT._replace(process=None), "?"),
        (samples.INPUT, "alice@10.0.0.7"),
        (samples.INJECTED, "bob@pts/8"),
        (samples.TRACED, "bob@pts/8"),
        (samples.LOST, "?"),
        (samples.RENAMED, "?"),
        (TmuxChanged(0, "client-attached", samples.PLACE, samples.CLIENT, None), "alice"),
        (
            TmuxChanged(0, "client-attached", samples.PLACE, samples.ATTACHED, None),
            "alice@10.0.0.7",
        ),
    ],
)
def test_who_acts_is_behind_a_finding(finding, label):
    """The person where one is known apart from the process, else the process's user."""
    assert PEOPLE.behind(finding) == label
