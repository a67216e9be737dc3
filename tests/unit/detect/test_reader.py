"""Documents as rules, correlations, filters and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracer.detect.reader import Read, Reader
from tracer.detect.rule import Rule
from tracer.detect.view import PROCESS_CREATION, View

IDS = [f"8f1a3c52-6d2e-4b0a-9d0f-1e2d3c4b5a{n:02}" for n in range(4)]
LINUX = {"category": "process_creation", "product": "linux"}


def rule(**other: Any) -> dict[str, Any]:
    detection = {"sel": {"Image": "x"}, "condition": "sel"}
    return {"title": "T", "logsource": LINUX, "detection": detection, **other}


def filter_(rules: Any, source: Any = LINUX, **other: Any) -> dict[str, Any]:
    body = {"rules": rules, "sel": {"User": "bob"}, "condition": "not sel"}
    return {"title": "F", "logsource": source, "filter": body, **other}


def correlation(*rules: str, **other: Any) -> dict[str, Any]:
    body = {"type": "event_count", "rules": list(rules), "timespan": "5m", "condition": {"gte": 3}}
    return {"title": "C", "correlation": {**body, "group-by": ["User"]}, **other}


@pytest.fixture
def read_all(tmp_path: Path) -> Any:
    def read(*documents: Any) -> Read:
        path = tmp_path / "f.yml"
        path.write_text("\n---\n".join(map(json.dumps, documents)))
        reader = Reader()
        reader.read(path)
        return reader.finish()

    return read


def reasons(found: Read) -> list[str]:
    return [f"{refusal.place.line} {refusal.reason}" for refusal in found.refusals]


def is_met(one: Rule, **fields: str) -> bool:
    held = {name: (value,) for name, value in fields.items()}
    return one.node.test(View(PROCESS_CREATION, held, ""))


def test_a_rule_is_read(read_all: Any) -> None:
    """With what it says of itself, its source, and its condition."""
    [one] = read_all(rule(id=IDS[0])).rules
    assert (one.about.key, one.about.place.line, one.source) == (IDS[0], 1, PROCESS_CREATION)
    assert is_met(one, Image="x")
    assert not one.is_silent


@pytest.mark.parametrize(
    "source",
    [
        LINUX,
        {"category": "process_creation"},
        {"product": "linux"},
        {"service": "auditd"},
        {"product": "linux", "service": "ttytrace", "category": "tmux_client"},
    ],
)
def test_sources_that_are_recorded(read_all: Any, source: dict[str, str]) -> None:
    """A rule is used if some view is of its source."""
    assert len(read_all(rule(logsource=source)).rules) == 1


@pytest.mark.parametrize(
    "source",
    [
        {"category": "process_creation", "product": "windows"},
        {"product": "linux", "category": "file_event"},
        {"service": "sshd"},
    ],
)
def test_sources_that_are_not(read_all: Any, source: dict[str, str]) -> None:
    """Nothing is wrong with such a rule, and the rest of it isn't even looked at."""
    found = read_all(rule(logsource=source, detection=5), filter_("any", source))
    assert [refusal.is_foreign for refusal in found.refusals] == [True, True]
    assert "nothing is recorded of" in found.refusals[0].reason


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([1], "no Sigma rule"),
        ("text", "no Sigma rule"),
        (5, "no Sigma rule"),
        ({"services": {}}, "no Sigma rule"),
        ({"action": "global", "title": "T"}, "write out each rule"),
        (rule(action="repeat"), "write out each rule"),
        (rule(detection=None), "detection must be a map"),
        (rule(detection=[]), "detection must be a map"),
        (rule(logsource=None), "logsource"),
        (rule(title=None), "title"),
        (rule(detection={"sel": {"Image": 1}, "condition": "no"}), "'no' not defined"),
        (filter_(None), "needs `rules`"),
        (filter_([5]), "needs `rules`"),
        (filter_({"a": 1}), "needs `rules`"),
        (filter_("nobody"), "no rule that is used is named so"),
        (filter_("any", filter=[]), "filter must be a map"),
        (filter_("any", filter={"rules": "any", "condition": "x"}), "detections"),
        (correlation("nobody"), "nobody"),
        ({"title": "C", "correlation": 5}, "correlation"),
    ],
)
def test_what_is_refused(read_all: Any, document: Any, words: str) -> None:
    """Each at its place, and what stands beside it is used."""
    found = read_all(rule(name="good"), document)
    assert [one.about.key for one in found.rules] == ["good"]
    [reason] = reasons(found)
    assert reason.startswith("3 ")
    assert words in reason


def test_a_reason_is_short(read_all: Any) -> None:
    """Whatever the file is made of."""
    key = "A|" + "x" * 100_000
    found = read_all(rule(title="t" * 1000), rule(detection={"s": {key: 1}, "condition": "s"}))
    assert [len(refusal.reason) <= 300 for refusal in found.refusals] == [True, True]
    assert len(found.refusals[0].title) == 300


def test_names_are_for_one_rule(read_all: Any) -> None:
    """The second with the same id or name is refused, and says where the first is."""
    found = read_all(
        rule(id=IDS[0], name="a"), rule(id=IDS[0]), rule(id=IDS[1], name="a"), rule(id=IDS[1])
    )
    assert [one.about.key for one in found.rules] == [IDS[0], IDS[1]]
    assert [reason[0] for reason in reasons(found)] == ["3", "5"]
    assert "f.yml:1 has its id or name already" in reasons(found)[0]


def test_a_filter_says_what_else_must_hold(read_all: Any) -> None:
    """For the rules that it names and that are of its source; their versions change with it."""
    documents = [
        rule(name="a"),
        rule(name="b", id=IDS[1]),
        rule(name="c", logsource={"product": "linux"}),
    ]
    plain = read_all(*documents).rules
    found = read_all(filter_(["a", IDS[1], "c"]), *documents)
    assert [is_met(one, Image="x", User="bob") for one in found.rules] == [False, False, True]
    assert all(is_met(one, Image="x", User="ann") for one in found.rules)
    changed = [a.about.version != b.about.version for a, b in zip(plain, found.rules, strict=True)]
    assert changed == [True, True, False]
    found = read_all(filter_("any"), filter_([], title="G"), *documents)
    assert [is_met(one, Image="x", User="bob") for one in found.rules] == [False, False, True]
    assert found.refusals == ()


def test_correlations_are_read_last(read_all: Any) -> None:
    """They may come before their rules, which are silent then."""
    found = read_all(correlation("a"), rule(name="a"), rule(name="b"))
    assert [c.about.title for c in found.correlations] == ["C"]
    assert [one.is_silent for one in found.rules] == [True, False]


def test_a_correlation_of_what_is_refused(read_all: Any) -> None:
    """Says why; one of foreign rules is foreign, too."""
    windows = rule(name="w", logsource={"product": "windows"})
    found = read_all(windows, correlation("w"))
    assert [refusal.is_foreign for refusal in found.refusals] == [True, True]
    found = read_all(rule(name="bad", level="x"), correlation("bad"))
    assert "level" in reasons(found)[1]


def test_placeholders_stand_for_lines(read_all: Any, tmp_path: Path) -> None:
    """Of a file beside the rule, without comments; the version of the rule is of them, too."""
    one = rule(detection={"s": {"Image|endswith|expand": "/%shells%"}, "condition": "s"})
    assert "shells.txt: it can't be read: No such file" in reasons(read_all(one))[0]
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "shells.txt"
    path.write_text("# all\n\n")
    assert "has none" in reasons(read_all(one))[0]
    path.write_text("# all\nbash\nz*h\n")
    [first] = read_all(one).rules
    assert is_met(first, Image="/bin/ZOSH")
    assert not is_met(first, Image="/bin/# all")
    path.write_text("bash\n")
    assert read_all(one).rules[0].about.version != first.about.version
    one["detection"]["s"] = {"Image|expand": "%../../etc/passwd%"}
    assert "can't be the name of a list" in reasons(read_all(one))[0]
