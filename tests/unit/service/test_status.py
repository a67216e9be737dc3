"""What is gathered, and what of it is not as it should be."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.unit.service.states import part, state
from tracer.codec.identity import Fields
from tracer.model.sealed import Stamp
from tracer.service import status as module
from tracer.service.status import Losses, Status, beat_fields, log_fields, troubles
from tracer.store.log import Standing
from tracer.store.space import Space

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def test_where_all_is_well_there_is_no_trouble() -> None:
    """What was lost an hour ago is none, nor a sink that once failed."""
    assert list(troubles(state())) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (part("log", error="ENOSPC"), "the log can't be written: ENOSPC"),
        (part("log", checkpoint=None), "the log has had no checkpoint for long"),
        (part("log", checkpoint={"age_s": 5.1}), "the log has had no checkpoint for 5 s"),
        (
            part("heartbeat", canary={"missing": True}),
            "the kernel half is blind: the canary did not come back",
        ),
        (part("heartbeat", age_s=26.0), "there was no heartbeat for 26 s"),
        ({"heartbeat": {}}, "there was no heartbeat for long"),
        (part("queue", bytes=12_582_913), "the queue to the log is more than half full: 12582913"),
        ({"lost_recently": 7}, "7 records were lost in the last two minutes"),
        ({"ailing": ["worker live ended with -9"]}, "worker live ended with -9"),
        (part("config", error="x: no"), "the settings were not taken over: x: no"),
        (
            part("config", error=None, refused=["source", "rings.bulk_pages"]),
            "source, rings.bulk_pages: changed in the file; restart ttytrace to have it",
        ),
        (part("scope", unknown=["scope.users: there is no ann"]), "scope.users: there is no ann"),
        ({"sinks": {"host": {"state": "failed", "reason": "gone"}}}, "sink host: gone"),
        ({"actions": {"mail": {"state": "failed", "reason": "no urls"}}}, "action mail: no urls"),
        (
            part("rules", refused=2, refusals=[{"place": "/r/a.yml:3", "reason": "no `title`"}]),
            "2 rules can't be used; the first is /r/a.yml:3: no `title`",
        ),
        (part("rules", disabled=["slow"]), "rules that were disabled: slow"),
    ],
)
def test_a_trouble_is_a_sentence(changes: Fields, says: str) -> None:
    """One for each thing that is wrong."""
    (trouble,) = troubles(state(**changes))
    assert trouble.startswith(says)


def test_rules_that_are_still_read_are_no_trouble() -> None:
    """Nor those that nobody wants."""
    assert list(troubles(state(rules={}))) == []


def test_the_first_heartbeat_is_waited_for() -> None:
    """Just after the start there is none."""
    assert list(troubles(state(heartbeat={}, uptime_s=4.0))) == []


def test_losses_are_recent_for_one_to_two_minutes() -> None:
    """Then they are history, which the log keeps."""
    losses, lost = Losses(), [0]
    seen = []
    for minute in range(5):
        losses.turn(minute * MINUTE, lambda: lost[0])
        lost[0] += 7 if minute == 1 else 0
        losses.turn(minute * MINUTE + SECOND, lambda: lost[0])
        seen.append(losses.recently(lost[0]))
    assert seen == [0, 7, 7, 0, 0]


def test_the_log_is_told_with_its_ages() -> None:
    """Against now."""
    standing = Standing(9, 100, 2, 5 * SECOND, 7, Stamp(4 * SECOND, 0), None)
    assert log_fields(standing, Space(1, 2, 3), 6 * SECOND) == {
        "sequence": 9,
        "written_bytes": 100,
        "waiting": 2,
        "lag_ms": 1000.0,
        "checkpoint": {"sequence": 7, "time": "1970-01-01T00:00:00.000000Z", "age_s": 2.0},
        "error": None,
        "space": {"segments": 1, "bytes": 2, "free_bytes": 3},
    }
    bare = log_fields(Standing(0, 0, 0, None, None, None, "EIO"), None, 0)
    assert (bare["lag_ms"], bare["checkpoint"], bare["space"]) == (0.0, None, None)


def test_a_heartbeat_is_told_with_its_age() -> None:
    """Before the first one there is nothing to tell."""
    assert beat_fields(None, 0) == {}
    told = beat_fields((Stamp(SECOND, 0), {"ms": 1.0}), 4 * SECOND)
    assert told == {"time": "1970-01-01T00:00:00.000000Z", "age_s": 3.0, "canary": {"ms": 1.0}}


def test_all_parts_are_asked_at_each_time() -> None:
    """And the processes looked at; troubles are of what they said."""
    asked: list[Any] = []
    rest = {name: (lambda value=value: value) for name, value in state().items()}
    parts = rest | {"events": lambda: asked.append(1) or len(asked)}
    status = Status(0, parts)
    status.turn(0, lambda: 0)
    assert [status.fields()["events"], status.fields()["events"]] == [1, 2]
    fields = status.fields()
    assert fields["processes"][0]["pid"] == os.getpid()
    assert fields["lost_recently"] == 7
    assert fields["troubles"] == ["7 records were lost in the last two minutes"]


def test_who_may_ask_without_end_gets_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts are asked once a second for all of them."""
    asked: list[int] = []
    now_ns = [MINUTE]
    monkeypatch.setattr(module, "boot_ns", lambda: now_ns[0])
    rest = {name: (lambda value=value: value) for name, value in state().items()}
    status = Status(0, rest | {"events": lambda: asked.append(1) or len(asked)})
    seen = []
    for now_ns[0] in (MINUTE, MINUTE + SECOND - 1, MINUTE + SECOND, MINUTE + SECOND + 1):
        seen.append(status.recent()["events"])
    assert seen == [1, 1, 2, 2]
