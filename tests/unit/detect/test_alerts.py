"""Alerts as the log keeps them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests import samples
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.detect.alerts import MAX_BYTES, Alert, alert_fields
from tracer.detect.pack import pack
from tracer.detect.rule import About, Level, Place
from tracer.model.findings import Finding
from tracer.service.alerts import alert_of

ABOUT = About(
    "c0ffee", Place("/etc/ttytrace/rules/a.yml", 3), "Reverse shell", Level.HIGH, "0123456789ab"
)
TIME_NS = 1_795_000_000_000_000_000


def encoded(finding: Finding) -> Fields:
    """As the log has it."""
    return Encoder(samples.HOST, samples.names, samples.FixedClock()).encode(finding)


def fields_of(finding: Finding, about: About = ABOUT, **parts: Any) -> Fields:
    """Of an alert about this."""
    matched = {"Image": ("/bin/sh", "/usr/bin/dash")}
    return alert_fields(Alert(about, (5, 7), TIME_NS, encoded(finding), matched)._replace(**parts))


def test_it_says_what_was_met_and_where() -> None:
    """Its causes by number; what matched; where its recording is."""
    fields = fields_of(samples.EXEC)
    assert fields["event"] == {
        "kind": "alert",
        "category": ["intrusion_detection"],
        "type": ["info"],
        "action": "alert",
        "severity": 73,
        "start": "2026-11-20T01:23:20.123456Z",
        "reason": "Reverse shell (high)",
    }
    alert = fields["ttytrace"]["alert"]
    assert (alert["id"], alert["causes"], alert["level"]) == ("c0ffee:7", [5, 7], "high")
    assert alert["matched"] == {"Image": ["/bin/sh", "/usr/bin/dash"]}
    assert (alert["repeated"], alert["is_cut"]) == (0, False)
    assert alert["clip"] == {
        "target": "pts/3",
        "since": "2026-11-18T11:06:10.000000Z",
        "until": "2026-11-18T11:06:50.000000Z",
    }


def test_it_repeats_who_did_what_where() -> None:
    """As the record has it; what it showed or had in pictures is in the record alone."""
    event = encoded(samples.COMMANDED)
    fields = alert_fields(Alert(ABOUT, (7,), TIME_NS, event, {}))
    for name in ("ecs", "host", "process", "user", "tmux"):
        assert fields[name] == event[name]
    assert fields["ttytrace"]["loginuid"] == 1000
    assert "io" not in fields_of(samples.OUTPUT)["process"]
    captured = fields_of(samples.CAPTURED)["tmux"]
    assert "capture" not in captured
    assert captured["claimed"][-1] == "tmux.pane.id"


@pytest.mark.parametrize("finding", samples.FINDINGS)
def test_the_service_takes_it_whatever_it_is_about(finding: Finding) -> None:
    """All of it, as it was."""
    fields = fields_of(finding)
    assert alert_of(orjson.loads(orjson.dumps(fields))) == fields
    assert not fields["ttytrace"]["alert"]["is_cut"]


def test_a_rule_is_named_as_ecs_has_it() -> None:
    """The pack is ours; other rules are of their directory."""
    about = replace(
        ABOUT,
        id="c0ffee",
        description="what",
        author="who",
        license="MIT",
        references=("https://a", "https://b"),
    )
    assert fields_of(samples.EXEC, about)["rule"] == {
        "id": "c0ffee",
        "uuid": "c0ffee",
        "name": "Reverse shell",
        "description": "what",
        "author": "who",
        "license": "MIT",
        "reference": "https://a",
        "ruleset": "/etc/ttytrace/rules",
        "version": "0123456789ab",
    }
    ours = replace(ABOUT, place=Place(str(next(iter(pack()))), 1))
    assert fields_of(samples.EXEC, ours)["rule"]["ruleset"] == "ttytrace"


def tagged(*tags: str) -> Fields:
    return fields_of(samples.EXEC, replace(ABOUT, tags=tags))


def test_tags_of_attack_are_tactics_and_techniques() -> None:
    """By name and number; others, and unknown ones, are tags alone."""
    tags = ("attack.privilege_escalation", "attack.command-and-control", "attack.t1059.004")
    fields = tagged(*tags, "attack.T1059", "attack.g0016", "cve.2021-4034")
    assert fields["threat"] == {
        "framework": "MITRE ATT&CK",
        "tactic": {
            "id": ["TA0004", "TA0011"],
            "name": ["Privilege escalation", "Command and control"],
        },
        "technique": {"id": ["T1059"], "subtechnique": {"id": ["T1059.004"]}},
    }
    assert "threat" not in tagged("cve.2021-4034")
    assert "technique" not in tagged("attack.impact")["threat"]


def test_repeated_matches_are_counted() -> None:
    """In words, too."""
    fields = fields_of(samples.EXEC, repeated=6)
    assert fields["event"]["reason"] == "Reverse shell (high), 6 more times"
    assert fields["ttytrace"]["alert"]["repeated"] == 6


def test_where_no_terminal_is_known_there_is_no_clip() -> None:
    """Of a client, it is the client's."""
    assert (
        "clip" not in fields_of(samples.EXEC._replace(process=samples.UNKNOWN))["ttytrace"]["alert"]
    )
    about_client = fields_of(samples.FINDINGS[-1])
    assert about_client is not None
    attached = next(
        each for each in samples.all_by(samples.ALICE) if "Changed" in type(each).__name__
    )
    assert fields_of(attached)["ttytrace"]["alert"]["clip"]["target"] == "pts/7"


@pytest.mark.parametrize("text", ["x", "\x01", "\ud800", "\U0001f600"])
def test_whatever_it_holds_it_fits(text: str) -> None:
    """Cut, and said to be; it is still known by its id."""
    matched = {f"{text * 99}{n}": (text * 999,) * 99 for n in range(99)}
    about = About(
        text * 9999, ABOUT.place, text * 9999, Level.LOW, "v",
        description=text * 9999, author=text * 9999, tags=(text * 999,) * 999,
    )  # fmt: skip
    event = encoded(samples.EXEC)
    event["process"]["args"] = [text * 9999] * 999
    alert = Alert(about, tuple(range(9999)), TIME_NS, event, matched)
    fields = alert_fields(alert)
    assert len(orjson.dumps(fields)) <= MAX_BYTES
    assert fields["ttytrace"]["alert"]["is_cut"]
    assert fields["ttytrace"]["alert"]["id"] == alert.id
    assert fields["ttytrace"]["alert"]["causes"][-1] == 9998
    assert fields["process"]["entity_id"] == event["process"]["entity_id"]
    assert alert_of(fields) == fields
