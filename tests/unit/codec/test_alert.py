"""tracer.codec.alert"""

from __future__ import annotations

import pytest

from tests.alerted import alert_on
from tests.samples import EXEC, HOST, LOGIN, NOW, SECOND, FixedClock, names
from tracer.codec.alert import clip_began, happened
from tracer.codec.ecs import Encoder
from tracer.model.findings import Finding

US = 1000


def encoded(finding: Finding) -> dict:
    return Encoder(HOST, names, FixedClock()).encode(finding)


def test_what_an_alert_tells_of_was_before_it() -> None:
    """By both clocks; the log has microseconds of one."""
    wall_ns, boottime_ns = happened(alert_on(encoded(EXEC)))
    assert wall_ns == FixedClock().at(NOW) // US * US
    assert abs(boottime_ns - NOW) < US


def test_its_clip_begins_before_that() -> None:
    """Where it has one."""
    alert = alert_on(encoded(EXEC))
    assert happened(alert).boottime_ns - clip_began(alert).boottime_ns == 30 * SECOND
    login = alert_on(encoded(LOGIN))
    assert clip_began(login) == happened(login)


@pytest.mark.parametrize("event", [{}, {"@timestamp": 3, "event": {"start": 4}}, encoded(EXEC)])
def test_what_is_no_alert(event: dict) -> None:
    """Has none of it."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        clip_began(event)
