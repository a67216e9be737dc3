"""tracer.codec.findings"""

from __future__ import annotations

import orjson
import pytest

from tests.samples import FINDINGS, HOST, FixedClock, names
from tests.stored import StoredLog
from tracer.cli.render import Renderer
from tracer.codec.ecs import Encoder
from tracer.codec.findings import finding_of
from tracer.model.findings import Finding, ProcessTraced, TmuxChanged


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
