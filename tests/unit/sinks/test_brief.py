"""A record in brief."""

from __future__ import annotations

import pytest

from tests import samples
from tests.escape_vectors import VECTORS
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.model.findings import Finding
from tracer.model.sealed import Stamp
from tracer.sinks.brief import Severity, brief_of


def encoded(finding: Finding) -> Fields:
    return Encoder(samples.HOST, samples.names, samples.FixedClock()).encode(finding)


def ours(action: str, **fields: object) -> Fields:
    record = control(action, Stamp(1, 2), **fields)
    record["event"]["sequence"] = 7
    return record


@pytest.mark.parametrize("finding", samples.FINDINGS)
def test_everything_that_can_happen_has_a_line(finding: Finding) -> None:
    """It begins with what happened, and can be printed."""
    brief = brief_of(encoded(finding))
    assert brief.sentence.startswith(brief.action)
    assert all(text.isprintable() for text in (brief.sentence, *brief.fields.values()))


def test_a_program_is_its_users() -> None:
    """Its line has who, where and what."""
    brief = brief_of(encoded(samples.EXEC))
    assert brief.sentence == "exec: alice in work %3: command ls -l my file"
    assert brief.severity is Severity.INFO


def test_only_tmux_says_what_a_session_is_called() -> None:
    """The kernel says the rest."""
    brief = brief_of(encoded(samples.EXEC))
    assert brief.claimed == ("session", "window", "pane")


def test_input_is_its_authors() -> None:
    """Whose process reads it is not who types."""
    assert brief_of(encoded(samples.METADATA)).sentence == "text_input: alice in work %3: bytes 6"
    unknown = encoded(samples.INPUT._replace(typed_by=(samples.NOT_TYPED,)))
    assert brief_of(unknown).sentence == "text_input: work %3: bytes 6"
    both = samples.INPUT._replace(typed_by=(samples.TYPED_BY, samples.TYPED_BY))
    assert "by" not in brief_of(encoded(both)).fields


@pytest.mark.parametrize(
    ("record", "severity"),
    [
        (encoded(samples.LOST), Severity.WARNING),
        (encoded(samples.INJECTED), Severity.WARNING),
        (ours("gap", reason="crash"), Severity.WARNING),
        (ours("sink", state="failed"), Severity.WARNING),
        (ours("sink", state="recovered"), Severity.NOTICE),
        (ours("read", by={"uid": 0}), Severity.NOTICE),
    ],
)
def test_what_asks_for_attention_is_a_warning(record: Fields, severity: Severity) -> None:
    """What ttytrace does itself is a notice."""
    assert brief_of(record).severity is severity


def test_a_record_about_the_log_says_why() -> None:
    """And who did it, where somebody did."""
    record = ours("sink", name="central", state="failed", reason="timed out")
    assert brief_of(record).sentence == "sink: name central, state failed, reason timed out"
    assert brief_of(ours("read", by={"pid": 5, "loginuid": 9})).fields["by_loginuid"] == "9"


@pytest.mark.parametrize("hostile", VECTORS.values(), ids=VECTORS)
def test_nothing_captured_is_obeyed(hostile: bytes) -> None:
    """Not by a terminal, and it makes no second line."""
    place = samples.PLACE._replace(session_name=hostile.decode(errors="replace"))
    process = samples.PROCESS._replace(argv=(hostile,), exe=hostile, cwd=hostile)
    brief = brief_of(encoded(samples.EXEC._replace(process=process, place=place)))
    assert all(text.isprintable() for text in (brief.sentence, *brief.fields.values()))


def alert(level: str) -> Fields:
    """Of somebody who runs ls."""
    event = encoded(samples.EXEC)
    return event | {
        "event": {"kind": "alert", "action": "alert", "sequence": 8},
        "rule": {"id": "looks", "name": "Somebody\nlooks"},
        "ttytrace": {"alert": {"id": "looks:7", "level": level}},
    }


@pytest.mark.parametrize(
    ("level", "severity"),
    [("critical", 2), ("high", 3), ("medium", 4), ("low", 5), ("informational", 6), ("odd", 4)],
)
def test_an_alert_is_as_severe_as_its_rule_says(level: str, severity: int) -> None:
    """In syslog's numbers."""
    assert brief_of(alert(level)).severity == severity


def test_an_alert_says_what_of_whom() -> None:
    """Nothing in it breaks the line."""
    brief = brief_of(alert("high"))
    title = r"title Somebody\x0alooks, command ls -l my file"
    assert brief.sentence == f"alert: alice in work %3: level high, {title}"
    assert brief.fields["rule"] == "looks"


@pytest.mark.parametrize(
    ("record", "severity"),
    [
        (ours("rules", state="loaded"), Severity.NOTICE),
        (ours("rules", state="disabled", rule="looks"), Severity.WARNING),
        (ours("response", state="done", name="chat", alert=8), Severity.NOTICE),
        (ours("response", state="failed", name="chat", alert=8), Severity.WARNING),
    ],
)
def test_what_rules_and_actions_could_not_do_is_a_warning(
    record: Fields, severity: Severity
) -> None:
    """What they did is none."""
    assert brief_of(record).severity is severity
