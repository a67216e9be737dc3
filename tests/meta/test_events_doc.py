"""docs/events.md says what the encoder writes: every field, its type, and which events carry it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests import samples
from tests.meta.sources import REPO
from tracer.codec.ecs import Encoder
from tracer.detect.alerts import Alert, alert_fields
from tracer.detect.rule import About, Level, Place
from tracer.model.findings import AuditChanged, UserLogin

ACTIONS = frozenset(
    """fork exec end text_output client_output terminal-resized text_input input-injected
    process-traced lost tmux pane-captured""".split()
)
ROW = re.compile(
    r"^\| `([^`]+)` \| ([^|]+) \| (kernel|claim|derived) \| ([^|]+) \| [^|]+ \|$", re.M
)
# A person has the same fields wherever one stands; they are in a table of their own.
PERSON_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| (?:kernel|derived) \| [^|]+ \|$", re.M)
JSON_TYPES = {
    "keyword": {"str"}, "ip": {"str"}, "text": {"str"}, "date": {"str"}, "long": {"int"},
    "boolean": {"bool"}, "keyword[]": {"list"}, "long[]": {"list"},
    "long or null": {"int", "NoneType"},
}  # fmt: skip


class Field(NamedTuple):
    """What is known of a field: JSON types and the actions that carry it."""

    types: frozenset[str]
    actions: frozenset[str]


def documented(text: str) -> dict[str, Field]:
    """The fields of the tables."""
    persons = dict(PERSON_ROW.findall(text))
    fields = {}
    for name, type_, _, who in ROW.findall(text):
        actions = frozenset(who.split())
        actions = actions - {"all"} | ACTIONS if "all" in actions else actions
        parts = {f"{name}.{part}": t for part, t in persons.items()}
        for path, json_type in (parts if type_ == "person" else {name: type_}).items():
            fields[path] = Field(frozenset(JSON_TYPES[json_type]), actions)
    return fields


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and JSON type of every field below."""
    match value:
        case dict():
            for name, part in value.items():
                yield from leaves(part, f"{path}.{name}" if path else name)
        case [dict(), *_]:
            for part in value:
                yield from leaves(part, f"{path}[]")
        case _:
            yield path, type(value).__name__


def encoded() -> tuple[dict[str, Field], set[str]]:
    """The fields of all findings there can be, and those that any event calls claims."""
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    types: dict[str, set[str]] = defaultdict(set)
    actions: dict[str, set[str]] = defaultdict(set)
    claims: set[str] = set()
    for finding in samples.FINDINGS:
        event = encoder.encode(finding)
        action = event["event"]["action"]
        claims.update(event.get("tmux", {}).get("claimed", ()))
        for path, type_ in leaves(event):
            types[path].add(type_)
            group = "audit" if isinstance(finding, UserLogin | AuditChanged) else "tmux"
            actions[path].add(action if action in ACTIONS else group)
    return {p: Field(frozenset(types[p]), frozenset(actions[p])) for p in types}, claims


ALERT_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| [^|]+ \|$", re.M)
COPIED = ("ecs", "host", "process", "user", "tmux", "source", "container")


def alerted() -> dict[str, set[str]]:
    """The fields of an alert that has all there are, without those that it repeats."""
    about = About(
        "id", Place("/x/a.yml", 1), "title", Level.HIGH, "v", "id", "name", "test", "what", "who",
        "MIT", ("attack.t1059.004", "attack.impact"), ("https://x",),
    )  # fmt: skip
    event = Encoder(samples.HOST, samples.names, samples.FixedClock()).encode(samples.EXEC)
    fields = alert_fields(Alert(about, (7,), 5, event, {"*": ("x",)}))
    types: dict[str, set[str]] = defaultdict(set)
    for path, type_ in leaves({k: v for k, v in fields.items() if k not in COPIED}):
        types[path].add(type_)
    return types


TEXT = (REPO / "docs/events.md").read_text()


def test_the_table_is_what_the_encoder_writes() -> None:
    """No field is missing, none is left over, each with its type and its events."""
    assert documented(TEXT) == encoded()[0]


def test_the_table_of_alerts_is_what_is_made() -> None:
    """As the other one; what it repeats is named above it."""
    about = TEXT.split("## Alerts", 1)[1]
    listed = dict(ALERT_ROW.findall(about))
    assert listed.keys() == alerted().keys()
    assert all(types <= JSON_TYPES[listed[path]] for path, types in alerted().items())
    assert all(f"`{name}`" in about for name in COPIED)


def test_claims_are_documented_as_claims() -> None:
    """The source column and tmux.claimed agree, in both directions."""
    sources = {name: source for name, _, source, _ in ROW.findall(TEXT)}
    assert {name for name, source in sources.items() if source == "claim"} == encoded()[1]


def test_every_action_is_in_the_table_of_actions() -> None:
    """A finding's event.action is one that the page explains."""
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    rows = re.findall(r"^\| (`[^|]+) \| (start|end|change|access|info) \|", TEXT, re.M)
    listed = {(action, type_) for cell, type_ in rows for action in re.findall(r"`([^`]+)`", cell)}
    events = [encoder.encode(finding)["event"] for finding in samples.FINDINGS]
    assert {(event["action"], event["type"][0]) for event in events} == listed


@pytest.mark.parametrize(
    "change",
    [
        ("| `user.id`", "| `user.uid`"),
        ("| long |", "| date |"),
        ("| `source.ip`", "| `source.host`"),
    ],
)
def test_a_wrong_table_is_noticed(change: tuple[str, str]) -> None:
    """The gate closes."""
    assert documented(TEXT.replace(*change)) != encoded()[0]
