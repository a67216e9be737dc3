"""What can't be undone; tests/log/test_respond.py has it done."""

from __future__ import annotations

import os

import pytest

from tests.unit.respond.test_client import TWO, Tmux
from tracer.respond.action import State
from tracer.respond.alert import SealedAlert
from tracer.respond.destructive import Destructive
from tracer.respond.process import Processes
from tracer.settings import ActionKind, ActionSettings

US = os.getpid()
HERE = Processes(lambda _pid: "a", lambda _pid: False)
ALERT = SealedAlert(
    7,
    b"",
    {
        "tmux": {
            "submitted_by": {"pid": US, "entity_id": "a", "role": "client"},
            "server": {"pid": 39, "socket": "/tmp/s"},
        }
    },
)
OURS = TWO.replace(b"41 ", b"%d " % US)


def action(tmux: Tmux, *, armed: bool = True) -> Destructive:
    return Destructive(ActionSettings(ActionKind.LOCK, "x", armed=armed), HERE, tmux.ask)


def test_unarmed_it_says_whom_it_would_hit() -> None:
    """And asks nobody."""
    outcome = action(Tmux(), armed=False).act(ALERT)
    assert outcome == (State.DRY_RUN, None, {"pid": US, "entity_id": "a"})


@pytest.mark.parametrize(
    ("answers", "state", "reason"),
    [
        ((OURS, b""), State.DONE, None),
        ((TWO,), State.FAILED, "the tmux server knows no such client"),
    ],
)
def test_armed_it_says_what_came_of_it(
    answers: tuple[bytes, ...], state: State, reason: str | None
) -> None:
    """With whom it was about."""
    outcome = action(Tmux(*answers)).act(ALERT)
    assert outcome == (state, reason, {"pid": US, "entity_id": "a"})
