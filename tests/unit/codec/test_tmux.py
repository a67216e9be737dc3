"""tracer.codec.tmux"""

from __future__ import annotations

import pytest

from tests import samples
from tracer.codec.identity import Identities
from tracer.codec.tmux import claiming, command_of, tmux_of, typed_by, with_client
from tracer.model.context import Client, Command, Place


@pytest.fixture
def identities() -> Identities:
    return Identities(samples.HOST, samples.names)


def test_claims_are_listed_and_kernel_facts_are_not(identities):
    """Server, its user, socket and the pane's first process don't depend on what tmux says."""
    assert tmux_of(samples.PLACE, identities) == {
        "server": {
            "pid": 900,
            "socket": "/tmp/tmux-1000/default",
            "user": {"id": "1000", "name": "alice"},
        },
        "session": {"id": "$1", "name": "work"},
        "window": {"id": "@2", "index": 0, "name": "edit"},
        "pane": {"id": "%3", "pid": 1000},
        "verified": True,
        "claimed": [
            "tmux.session.id", "tmux.session.name", "tmux.window.id", "tmux.window.index",
            "tmux.window.name", "tmux.pane.id",
        ],
    }  # fmt: skip


def test_a_nameless_place_claims_nothing(identities):
    """Before a server answered, or when it never does."""
    place = Place(samples.SERVER, pane_pid=1000)
    assert tmux_of(place, identities) == {
        "server": {"pid": 900},
        "pane": {"pid": 1000},
        "claimed": [],
    }


def test_a_claim_is_added_to_a_copy(identities):
    """Places are shared between events."""
    tmux = tmux_of(samples.BARE_PLACE, identities)
    assert claiming(tmux, "ttytrace.note")["claimed"] == ["ttytrace.note"]
    assert tmux["claimed"] == []


def test_a_client_that_only_tmux_tells_of_is_claimed(identities):
    """Its pid, terminal and size; whose process that is, /proc says."""
    tmux = with_client(tmux_of(samples.BARE_PLACE, identities), samples.CLIENT, identities)
    assert tmux["client"] == {
        "pid": 77,
        "columns": 80,
        "rows": 24,
        "verified": True,
        "user": {"id": "1000", "name": "alice"},
        "tty": {"char_device": {"major": 136, "minor": 3}},
    }
    assert tmux["claimed"] == [
        "tmux.client.pid", "tmux.client.tty.char_device.major", "tmux.client.tty.char_device.minor",
        "tmux.client.columns", "tmux.client.rows",
    ]  # fmt: skip


def test_a_client_that_the_kernel_knows_claims_no_more_than_its_looks(identities):
    """Size and modes are tmux's word; process, user, terminal and origin are not."""
    tmux = with_client(tmux_of(samples.BARE_PLACE, identities), samples.ATTACHED, identities)
    claims = {"columns": 80, "rows": 24, "read_only": True, "control": False}
    person = identities.person(samples.ALICE)
    assert tmux["client"] == person | claims | {"verified": True}
    assert tmux["claimed"] == [f"tmux.client.{name}" for name in claims]


def test_a_client_can_be_a_pid_alone(identities):
    """Of a server that tells no more."""
    bare = Client(78, None, None, None, None, False)
    tmux = with_client(tmux_of(samples.BARE_PLACE, identities), bare, identities)
    assert tmux["client"] == {"pid": 78, "verified": False}
    assert tmux["claimed"] == ["tmux.client.pid"]


def test_a_terminal_without_a_process_is_the_kernels(identities):
    """A server took it, and nobody connected fits."""
    taken = Client(None, None, samples.PTS, 80, 24, True)
    tmux = with_client(tmux_of(samples.BARE_PLACE, identities), taken, identities)
    assert "pid" not in tmux["client"]
    assert tmux["claimed"] == ["tmux.client.columns", "tmux.client.rows"]


def test_input_is_attributed_range_by_range(identities):
    """A person where one is known, and nothing that looks like one where none is."""
    unknown = samples.NOT_TYPED._replace(start=6, size=3)
    assert typed_by((samples.TYPED_BY, unknown), identities) == [
        identities.person(samples.ALICE)
        | {
            "range": {"start": 0, "length": 6},
            "how": "keystroke",
            "confidence": "exact",
            "reason": "read from its terminal",
        },
        {
            "range": {"start": 6, "length": 3},
            "how": "unknown",
            "confidence": "none",
            "reason": "no read fits",
        },
    ]


def test_a_command_is_shared_out(identities):
    """Who put in how much, who pressed Enter, and that it isn't everything."""
    alice, bob = identities.person(samples.ALICE), identities.person(samples.BOB)
    assert command_of(samples.COMMANDED.command, identities) == {
        "composed_by": [alice | {"bytes": 9}, bob | {"bytes": 4}, {"bytes": 1}],
        "submitted_by": alice,
        "command_partial": True,
        "command_reason": "edited",
    }


def test_of_a_command_without_authors_nobody_is_named(identities):
    """What isn't known is absent."""
    assert command_of(Command((), None, False, ""), identities) == {"command_partial": False}
