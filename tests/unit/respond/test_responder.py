"""One action that follows a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.alerting import Alerting, alert
from tests.written import note
from tracer.codec.identity import Fields
from tracer.respond.action import Outcome, Refused, State
from tracer.respond.alert import SealedAlert
from tracer.respond.responder import Responder
from tracer.settings import ActionKind, ActionSettings
from tracer.store.directory import Directory
from tracer.store.follow import Follower


class Noted:
    """An action that notes what it is done about, and ends as it is told."""

    def __init__(self) -> None:
        self.alerts: list[int] = []
        self.fails: Exception | None = None

    def check(self) -> None:
        if self.fails:
            raise self.fails

    def act(self, alert: SealedAlert) -> Outcome:
        self.alerts.append(alert.sequence)
        if self.fails:
            raise self.fails
        return Outcome(State.DONE, hit={"pid": 7})


class Following:
    """A responder of some kind over a log; `said`: what the service would hear."""

    def __init__(self, alerting: Alerting, kind: ActionKind, at: int, first: int) -> None:
        self.said: list[Fields] = []
        self.action, self.is_there = Noted(), True
        settings = ActionSettings(kind, "act", program=("/x",), urls="/x")
        self.responder = Responder(settings, self.action, at, first, self._say)
        self._segments = alerting.written.segments

    def turn(self) -> bool:
        with closing(Directory(self._segments)) as segments:
            follower = Follower(segments, self.responder.state()["next"])
            with closing(follower):
                return self.responder.turn(follower)

    def outcomes(self) -> list[Fields]:
        return [each["say"] for each in self.said if "say" in each]

    def _say(self, fields: Fields) -> bool:
        self.said.append(fields)
        return self.is_there


@pytest.fixture
def alerting() -> Iterator[Alerting]:
    alerting = Alerting()
    yield alerting
    alerting.close()


def test_an_alert_is_acted_on_once_it_is_announced(alerting: Alerting) -> None:
    """And nothing else is; each has its outcome."""
    following = Following(alerting, ActionKind.KILL, 0, 0)
    sequence = alerting.append(note(1), alert(), note(2)) + 1
    assert following.turn()
    assert following.action.alerts == [sequence]
    begun, said = following.said
    assert begun == {"begun": {"name": "act", "alert": sequence, "is_once": True}}
    about = {"name": "act", "kind": "kill", "alert": sequence, "rule": "0c1e"}
    assert said == {"say": about | {"state": "done", "pid": 7}}
    state = following.responder.state()
    assert (state["next"], state["done"], state["state"]) == (alerting.log.size, 1, "working")


def test_without_a_service_nothing_is_done(alerting: Alerting) -> None:
    """It could not keep that it was."""
    following = Following(alerting, ActionKind.KILL, 0, 0)
    alerting.append(alert())
    following.is_there = False
    assert not following.turn()
    assert following.action.alerts == []


@pytest.mark.parametrize(
    ("fails", "state", "reason"),
    [
        (Refused("it is a server"), "refused", "it is a server"),
        (PermissionError(1, "Not permitted"), "failed", "Not permitted"),
        (OSError("it said no"), "failed", "it said no"),
    ],
)
def test_what_goes_wrong_is_told(
    fails: Exception, state: str, reason: str, alerting: Alerting
) -> None:
    """With why."""
    following = Following(alerting, ActionKind.KILL, 0, 0)
    following.action.fails = fails
    alerting.append(alert())
    following.turn()
    (said,) = following.outcomes()
    assert (said["state"], said["reason"]) == (state, reason)


@pytest.mark.parametrize("kind", list(ActionKind))
def test_what_cannot_be_undone_is_not_done_late(kind: ActionKind, alerting: Alerting) -> None:
    """Nor what may have been done by the run before; people and programs are told all the same."""
    alerting.append(alert())
    first = alerting.log.size
    alerting.append(alert(age_s=61), alert())
    following = Following(alerting, kind, 0, first)
    following.turn()
    is_once = kind not in (ActionKind.NOTIFY, ActionKind.PROGRAM)
    states = [said["state"] for said in following.outcomes()]
    assert states == (["late", "late", "done"] if is_once else ["done"] * 3)


def test_what_is_too_often_is_not_done(alerting: Alerting) -> None:
    """And told."""
    following = Following(alerting, ActionKind.KILL, 0, 0)
    alerting.append(*[alert() for _ in range(7)])
    following.turn()
    assert [said["state"] for said in following.outcomes()] == ["done"] * 6 + ["limited"]
    assert len(following.action.alerts) == 6
