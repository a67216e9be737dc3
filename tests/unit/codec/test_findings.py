"""tracer.codec.findings"""

from __future__ import annotations

import orjson
import pytest

from tests.alerted import alert_on
from tests.samples import (
    ALICE,
    ATTACHED,
    COMMANDED,
    EXEC,
    FINDINGS,
    HOST,
    INPUT,
    LOGIN,
    LOST,
    NOW,
    PLACE,
    TYPED_BY,
    FixedClock,
    names,
)
from tests.stored import StoredLog
from tracer.cli.render import Renderer
from tracer.codec.ecs import Encoder
from tracer.codec.findings import finding_of
from tracer.model.context import Person
from tracer.model.findings import AlertRaised, Finding, ProcessTraced, TmuxChanged


def as_stored(finding: Finding) -> Finding:
    """Without what no event holds: bytes of a name that aren't text, two pids of one client."""
    if isinstance(finding, ProcessTraced):
        exe = finding.process.exe.decode(errors="replace").encode()
        return finding._replace(process=finding.process._replace(exe=exe))
    if isinstance(finding, TmuxChanged) and finding.client and finding.client.person:
        pid = finding.client.person.key.tgid
        return finding._replace(client=finding.client._replace(pid=pid))
    return finding


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: type(finding).__name__)
def test_a_stored_finding_looks_as_it_did(finding: Finding) -> None:
    """It is drawn as before."""
    draw = Renderer(names, FixedClock(), colour=False).line
    event = orjson.loads(Encoder(HOST, names, FixedClock()).to_json(finding))
    back = finding_of(event)
    assert back is not None
    assert type(back) is type(finding)
    assert draw(back) == draw(as_stored(finding))


def test_a_record_about_the_log_is_no_finding(tmp_path) -> None:
    """It has a shape of its own."""
    log = StoredLog(tmp_path / "log")
    log.segment(0)
    assert finding_of(orjson.loads(log.lines[0])) is None


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: type(finding).__name__)
def test_what_is_of_another_type_is_refused(finding: Finding) -> None:
    """A number is no place for text: it would be drawn as it is."""
    event = orjson.loads(Encoder(HOST, names, FixedClock()).to_json(finding))
    event["ttytrace"]["boottime_ns"] = "\x1b[2J"
    with pytest.raises(ValueError):
        finding_of(event)


@pytest.mark.parametrize(
    "event", [{}, {"ttytrace": {}}, {"ttytrace": [], "event": 1}, {"event": {"action": "exec"}}]
)
def test_what_is_no_event_is_refused(event) -> None:
    """By ValueError, whatever is missing."""
    with pytest.raises(ValueError):
        finding_of(event)


@pytest.mark.parametrize(
    ("finding", "person"),
    [
        (INPUT, ALICE),
        (INPUT._replace(typed_by=(TYPED_BY, TYPED_BY)), None),
        (COMMANDED, ALICE),
        (EXEC, None),
        (TmuxChanged(NOW, "client-attached", PLACE, ATTACHED, None), ALICE),
        (LOST, None),
        (LOGIN, None),
    ],
)
def test_an_alert_is_told_of_whose_doing_it_was(finding: Finding, person: Person | None) -> None:
    """And when and where it happened."""
    event = Encoder(HOST, names, FixedClock()).encode(finding)
    alert = finding_of(alert_on(event, repeated=3))
    assert isinstance(alert, AlertRaised)
    assert alert[1:5] == ("high", "Somebody looks", "looks", 3)
    assert abs(alert.time_ns - NOW) < 1000
    assert (alert.person and alert.person.uid) == (person and person.uid)
    assert (alert.place is None) is (finding.place is None)
