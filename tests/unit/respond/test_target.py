"""Whom an alert is about."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.respond.action import Refused
from tracer.respond.alert import SealedAlert
from tracer.respond.target import Target, client_of, process_of, server_of

ANN = {"pid": 41, "entity_id": "a", "role": "client"}
BOB = {"pid": 42, "entity_id": "b", "role": "client"}
SCRIPT = {"pid": 43, "entity_id": "c", "role": "process"}
PROCESS = {"pid": 44, "entity_id": "d"}
PANE = {"pane": {"pid": 40}, "server": {"pid": 39, "socket": "/tmp/s"}}


def about(**event: Any) -> SealedAlert:
    return SealedAlert(7, b"", event)


@pytest.mark.parametrize(
    "tmux",
    [
        {"submitted_by": ANN},
        {"client": ANN},
        {"typed_by": [ANN, ANN]},
        {"typed_by": [ANN, {"how": "terminal-reply", "confidence": "exact"}]},
        {"submitted_by": ANN, "composed_by": [BOB]},
        {"typed_by": [ANN, SCRIPT]},
    ],
)
def test_the_client_is_that_of_whoever_did_it(tmux: dict[str, Any]) -> None:
    """However that is known."""
    assert client_of(about(tmux=tmux)) == Target(41, "a")


@pytest.mark.parametrize(
    ("tmux", "reason"),
    [
        ({}, "no client is known"),
        ({"submitted_by": SCRIPT}, "no client is known"),
        ({"composed_by": [ANN]}, "no client is known"),
        ({"typed_by": [ANN, BOB]}, "several people"),
        ({"submitted_by": ANN, "client": BOB}, "several people"),
        ({"typed_by": [ANN, {"how": "unknown"}]}, "somebody else"),
        ({"client": {"pid": 41, "role": "client"}}, "for sure"),
        ({"client": ANN | {"pid": 1}}, "is a server"),
        ({"client": ANN, "server": {"pid": 41}}, "is a server"),
    ],
)
def test_in_doubt_it_is_nobody(tmux: dict[str, Any], reason: str) -> None:
    """A pid that only tmux says names nobody."""
    with pytest.raises(Refused, match=reason):
        client_of(about(tmux=tmux))


def test_of_those_who_typed_none_may_be_missing() -> None:
    """A list that was cut may have lost somebody."""
    cut = {"alert": {"is_cut": True}}
    with pytest.raises(Refused, match="all who typed"):
        client_of(about(tmux={"typed_by": [ANN]}, ttytrace=cut))
    assert client_of(about(tmux={"submitted_by": ANN}, ttytrace=cut)) == Target(41, "a")


def test_the_process_is_one_in_a_pane() -> None:
    """Where it is known for sure."""
    assert process_of(about(process=PROCESS, tmux=PANE)) == Target(44, "d")


@pytest.mark.parametrize(
    "event",
    [
        {"process": PROCESS},
        {"process": PROCESS, "tmux": {"server": {"pid": 39}}},
        {"process": {"pid": 44}, "tmux": PANE},
        {"process": PROCESS | {"pid": 39}, "tmux": PANE},
        {"process": PROCESS | {"pid": 1}, "tmux": PANE},
        {"process": PROCESS, "tmux": PANE | {"traced_by": SCRIPT}},
        {"process": PROCESS, "tmux": PANE | {"injected_by": SCRIPT}},
        {"tmux": PANE},
    ],
)
def test_others_are_spared(event: dict[str, Any]) -> None:
    """What isn't in a pane, servers, and who was attacked."""
    with pytest.raises(Refused):
        process_of(about(**event))


def test_the_server_is_named_by_its_socket() -> None:
    """As it bound it, where that can be said."""
    assert server_of(about(tmux=PANE)) == (b"/tmp/s", 39)
    with pytest.raises(Refused):
        server_of(about(tmux={"server": {"pid": 39, "socket": "\ufffd", "socket_base64": "/w=="}}))
