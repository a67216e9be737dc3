"""Actions as the service sees them; tests/log/test_respond.py has the workers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.alerting import SECOND, Alerting, alert
from tracer.codec.identity import Fields
from tracer.service.responses import NAME, Responses
from tracer.settings import ActionKind, ActionSettings
from tracer.store.kept import Kept
from tracer.workers.door import Message

KILL = ActionSettings(ActionKind.KILL, "kill")
RUN = ActionSettings(ActionKind.PROGRAM, "run", program=("/bin/true",))
SAID = {"name": "kill", "kind": "kill", "state": "done", "alert": 7, "rule": "r"}
STATE = dict.fromkeys(("next", "done", "failed", "dry-run", "limited", "refused", "late"), 1)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a worker becomes another user")


@pytest.fixture
def alerting() -> Iterator[Alerting]:
    alerting = Alerting()
    yield alerting
    alerting.close()


def hear(responses: Responses, worker: str = "respond", **fields: Any) -> None:
    """As if a worker had said that."""
    responses._hear(worker, Message(fields))


def begin(responses: Responses, name: str, sequence: int, *, is_once: bool) -> None:
    hear(responses, begun={"name": name, "alert": sequence, "is_once": is_once})


def kept(alerting: Alerting) -> Fields:
    """The cursors on the disk."""
    return Kept(Path(alerting.written.settings.state), NAME).read()


def test_without_an_action_nothing_runs(alerting: Alerting) -> None:
    """And nothing is kept."""
    responses = alerting.start()
    responses.turn(SECOND)
    assert (responses.trouble, responses._children) == (None, {})
    alerting.stop()
    assert kept(alerting) == {}


@needs_root
def test_each_run_goes_on_where_the_last_one_was(alerting: Alerting) -> None:
    """A new action begins with what is new."""
    alerting.start(RUN)
    assert alerting.outcome(alert())["state"] == "done"
    alerting.until(lambda: alerting.state("run").get("next") == alerting.log.size)
    alerting.stop()
    assert kept(alerting) == {"run": alerting.log.size}
    missed = alerting.append(alert())
    alerting.first = alerting.log.size
    alerting.start(RUN, ActionSettings(ActionKind.PROGRAM, "new", program=("/bin/true",)))
    said = alerting.outcomes(2)[1]
    assert (said["name"], said["alert"]) == ("run", missed)
    assert alerting.outcome(alert())["alert"] == alerting.first


def test_what_cannot_be_undone_is_not_begun_again(alerting: Alerting) -> None:
    """Whatever became of it; the rest is, until it is done."""
    responses = alerting.start(KILL, RUN)
    begin(responses, "kill", 7, is_once=True)
    begin(responses, "run", 7, is_once=False)
    cursors = responses._hello("respond").fields["cursors"]
    assert cursors == {"kill": 8, "run": alerting.first}
    told = {(said["name"], said["state"], said["reason"]) for said in alerting.said}
    ended = "its worker ended meanwhile"
    assert told == {("kill", "failed", ended), ("run", "failed", ended)}
    hear(responses, actions={"kill": STATE | {"kind": "kill", "state": "working", "next": 3}})
    assert responses._next["kill"] == 8


def test_each_that_was_begun_is_told_once(alerting: Alerting) -> None:
    """With what the worker said, if it did."""
    responses = alerting.start(KILL)
    begin(responses, "kill", 7, is_once=True)
    hear(responses, say=SAID | {"pid": 3, "entity_id": "e"})
    alerting.stop()
    assert alerting.said == [SAID | {"pid": 3, "entity_id": "e"}]


@pytest.mark.parametrize(
    "fields",
    [
        {"say": SAID | {"alert": "7"}},
        {"say": SAID | {"pid": True}},
        {"say": SAID | {"reason": "x" * 5000}},
        {"say": {"name": "kill"}},
        {"begun": {"name": "other", "alert": 7, "is_once": True}},
        {"actions": {"kill": {"kind": "kill"}}},
    ],
)
def test_nonsense_ends_the_worker(fields: Fields, alerting: Alerting) -> None:
    """And is in no record."""
    responses = alerting.start(KILL)
    with pytest.raises((KeyError, ValueError)):
        hear(responses, **fields)
    assert (alerting.said, responses.states) == ([], {})


def test_what_nobody_asked_for_is_left_out(alerting: Alerting) -> None:
    """Of what a worker says."""
    responses = alerting.start(KILL)
    hear(responses, say=SAID | {"more": 1})
    assert alerting.said == [SAID]
    working = STATE | {"kind": "kill", "state": "working"}
    hear(responses, actions={"kill": working | {"more": 1}, "other": {}})
    assert responses.states == {"kill": working}


@pytest.mark.parametrize(
    "fields", [{"say": SAID}, {"begun": {"name": "kill", "alert": 7, "is_once": True}}]
)
def test_a_worker_speaks_for_its_own(fields: Fields, alerting: Alerting) -> None:
    """Who tells people can't have a process spared, or say that it was killed."""
    responses = alerting.start(KILL)
    with pytest.raises(ValueError, match="its own"):
        hear(responses, "notify", **fields)
    hear(responses, "notify", actions={"kill": STATE | {"kind": "kill", "state": "working"}})
    assert (alerting.said, responses.states) == ([], {})
    assert responses._next == {"kill": alerting.first}


def test_settings_that_stay_disturb_nothing(alerting: Alerting) -> None:
    """Others have the workers begin again."""
    responses = alerting.start(KILL)
    child = responses._children["respond"]
    responses.configure(alerting.settings(KILL))
    assert responses._children["respond"] is child
    notify = ActionSettings(ActionKind.NOTIFY, "tell", urls="/x")
    responses.configure(alerting.settings(notify))
    assert list(responses._children) == ["notify"]
