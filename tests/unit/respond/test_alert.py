"""Alerts as the log has them."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from tests.alerting import ABOUT, alert
from tracer.detect.rule import Level
from tracer.respond.alert import SealedAlert, Wanted, alert_of, is_alert, part
from tracer.settings import ActionKind, ActionSettings
from tracer.store.follow import Line


def sealed(**event: Any) -> SealedAlert:
    found = alert_of(Line(7, orjson.dumps(alert(**event))))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "record",
    [
        {"event": {"action": "exec"}, "process": {"args": ['"action":"alert"']}},
        {"event": {"action": "alert", "kind": "event"}, "ttytrace": {"alert": {}}},
        {"event": {"action": "alert", "kind": "alert"}},
    ],
)
def test_what_only_names_one_is_none(record: dict[str, Any]) -> None:
    """Whatever was captured."""
    assert alert_of(Line(7, orjson.dumps(record))) is None
    assert not is_alert(record)


def test_what_is_damaged_is_none() -> None:
    """Or nothing behind it would be acted on."""
    assert alert_of(Line(7, b'{"event":{"action":"alert"')) is None


def test_it_says_which_rule_it_is_of() -> None:
    """By all its names."""
    found = sealed()
    assert (found.sequence, found.rule, found.level) == (7, "0c1e", "high")
    assert found.names == ["0c1e", "Reverse shell", "attack.execution", "attack.t1059.004"]


def test_its_age_is_that_of_its_cause() -> None:
    """However long it was on its way to the log; what has no time is old."""
    now_ns = time.time_ns()
    assert 60 < sealed(age_s=61).age_s(now_ns) < 120
    assert sealed()._replace(event={}).age_s(now_ns) == float("inf")


@pytest.mark.parametrize(
    ("settings", "is_wanted"),
    [
        ({}, True),
        ({"rules": ("ATTACK.T1059.*",)}, True),
        ({"rules": ("reverse*",)}, True),
        ({"rules": ("0c1e",)}, True),
        ({"rules": ("0c1", "attack")}, False),
        ({"level": "critical"}, False),
        ({"level": "low"}, True),
    ],
)
def test_an_action_is_for_some(settings: dict[str, Any], is_wanted: bool) -> None:
    """By level, and by any name of the rule."""
    action = ActionSettings(ActionKind.DETACH, "x", **settings)
    assert Wanted(action).takes(sealed()) == is_wanted


def test_a_level_that_is_none_is_below_all() -> None:
    """As nothing is known of it."""
    found = sealed(about=ABOUT)
    found.event["ttytrace"]["alert"]["level"] = "odd"
    lowest = Level.INFORMATIONAL.name.lower()
    assert not Wanted(ActionSettings(ActionKind.DETACH, "x", level=lowest)).takes(found)


def test_a_part_that_is_not_there_is_none() -> None:
    """Nor one of something that has no parts."""
    assert part({"a": {"b": 1}}, "a", "b") == 1
    assert part({"a": 1}, "a", "b") is None
