"""Who comes for the first time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tracer.detect.first_seen import LEARNING_NS, PAIRS, FirstSeen

LATER = LEARNING_NS + 1


def attached(
    uid: object, owner: object = "1000", loginuid: object = None, note: str | None = None
) -> dict[str, Any]:
    """A client of a server."""
    client = {"user": {"id": uid}, "loginuid": loginuid}
    server = {"user": {"id": owner}}
    return {"tmux": {"client": client, "server": server}, "ttytrace": {"note": note}}


def learned() -> FirstSeen:
    """A set that has learned that 1002 comes to 1000's servers."""
    first = FirstSeen()
    assert first.attach(attached("1002"), 0) is None
    return first


def test_who_never_came_is_first_once() -> None:
    """To each owner's servers by themselves."""
    first = learned()
    assert first.attach(attached("1002"), LATER) is False
    assert first.attach(attached("1003"), LATER) is True
    assert first.attach(attached("1003"), LATER) is False
    assert first.attach(attached("1003", owner="0"), LATER) is True


def test_a_new_set_learns_before_it_tells() -> None:
    """Else the first day would alert for everyone; who comes again is known all the same."""
    first = learned()
    assert first.attach(attached("1003"), LEARNING_NS - 1) is None
    assert first.attach(attached("1003"), LEARNING_NS - 1) is False
    assert first.attach(attached("1004"), LEARNING_NS) is True


def test_who_was_there_before_is_not_first() -> None:
    """When they came is not known; from now on they are."""
    first = learned()
    assert first.attach(attached("1003", note="was there before"), LATER) is None
    assert first.attach(attached("1003"), LATER) is False


def test_a_person_is_who_logged_in() -> None:
    """Whatever user they have become since."""
    first = learned()
    assert first.attach(attached("0", loginuid=1002), LATER) is False
    assert first.attach(attached("1002", loginuid=1003), LATER) is True


@pytest.mark.parametrize(("uid", "owner"), [(None, "1000"), ("1002", None), ([], {})])
def test_of_strangers_nothing_is_said(uid: object, owner: object) -> None:
    """Neither of servers whose owner isn't known."""
    assert learned().attach(attached(uid, owner), LATER) is None


def test_what_is_known_outlasts_a_restart() -> None:
    """The state is JSON, and is given when there is something new in it."""
    first = learned()
    state = first.take_state()
    assert first.take_state() is None
    again = FirstSeen.from_state(json.loads(json.dumps(state)))
    assert again.take_state() is None
    assert again.attach(attached("1002"), LATER) is False
    assert again.take_state() is None
    assert again.attach(attached("1003"), LATER) is True
    assert again.take_state() == {"since_ns": 0, "seen": [["1002", "1000"], ["1003", "1000"]]}


@pytest.mark.parametrize(
    "state", [None, [], {}, {"since_ns": "x", "seen": []}, {"since_ns": 0, "seen": 3}]
)
def test_a_state_that_is_none_is_not_used(state: object) -> None:
    """It learns from the beginning."""
    assert FirstSeen.from_state(state).attach(attached("1002"), LATER) is None


def test_of_a_state_what_is_sound_is_used() -> None:
    """A pair that is none is left out."""
    seen = [["1002", "1000"], ["x"], 3, [1, 2], {}]
    first = FirstSeen.from_state({"since_ns": 0, "seen": seen})
    assert first.attach(attached("1002"), LATER) is False


def test_those_seen_last_are_known() -> None:
    """A set that is full forgets who came longest ago."""
    first = learned()
    first.attach(attached("1003"), 0)
    for number in range(PAIRS - 2):
        first.attach(attached(f"other {number}"), 0)
    first.attach(attached("1002"), 0)
    first.attach(attached("one more"), 0)
    assert first.attach(attached("1002"), LATER) is False
    assert first.attach(attached("1003"), LATER) is True
