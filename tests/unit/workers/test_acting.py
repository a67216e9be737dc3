"""What the workers of actions have in common; tests/log/test_respond.py has them act."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
import pytest

from tests.alerting import Alerting, alert
from tests.patience import PATIENCE_S
from tracer.respond.action import Outcome, State
from tracer.respond.alert import SealedAlert
from tracer.settings import ActionKind, ActionSettings
from tracer.workers.acting import serve, settings_of
from tracer.workers.door import Door, Message

ACTIONS = [
    ActionSettings(ActionKind.PROGRAM, name, program=("/bin/x",), rules=("a", "b"))
    for name in ("hangs", "acts")
]
OVER = threading.Event()


class Acts:
    """An action; one of that name never comes to an end."""

    def __init__(self, settings: ActionSettings) -> None:
        self._hangs = settings.name == "hangs"

    def check(self) -> None:
        pass

    def act(self, _alert: SealedAlert) -> Outcome:
        if self._hangs:
            OVER.wait(PATIENCE_S)
        return Outcome(State.DONE)


@pytest.fixture
def alerting() -> Iterator[Alerting]:
    alerting = Alerting()
    yield alerting
    alerting.close()


def hello(alerting: Alerting, cursors: dict[str, int]) -> Message:
    """As the service sends it."""
    actions = [asdict(each) for each in ACTIONS]
    directory = alerting.written.settings.directory
    fields = {"directory": directory, "actions": actions, "cursors": cursors, "first": 0}
    return Message(orjson.loads(orjson.dumps(fields)))


def test_settings_come_as_they_were(alerting: Alerting) -> None:
    """Over the door."""
    assert settings_of(hello(alerting, {})) == ACTIONS


def test_one_that_hangs_holds_up_no_other(alerting: Alerting) -> None:
    """Each begins where it was, and how they stand is told; it ends with the door."""
    alerting.append(alert())
    second = alerting.append(alert())
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(PATIENCE_S)
    message = hello(alerting, {"acts": second, "hangs": second})
    for each in message.fields["actions"]:
        each["rules"] = []
    worker = threading.Thread(target=serve, args=(message, Door(theirs), Acts))
    worker.start()
    heard: list[dict[str, Any]] = []
    try:
        while not any(_stands(each) for each in heard):
            heard.append(orjson.loads(ours.recv(1 << 16)))
    finally:
        OVER.set()
        ours.close()
        worker.join()
        theirs.close()
    begun = {(each["begun"]["name"], each["begun"]["alert"]) for each in heard if "begun" in each}
    assert begun == {("acts", second), ("hangs", second)}
    assert [each["say"]["name"] for each in heard if "say" in each] == ["acts"]


def _stands(message: dict[str, Any]) -> bool:
    return bool(message.get("actions", {}).get("acts", {}).get("done"))
