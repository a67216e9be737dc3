"""Files and directories of rules."""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracer.detect.load import RuleSet, load
from tracer.detect.rule import Level

RULE = """title: Shell {name}
name: {name}
status: test
level: {level}
tags: [attack.execution, 'attack.t1059']
logsource: {{category: process_creation, product: linux}}
detection:
  sel:
    Image|endswith: ['/bash', '/sh']
    CommandLine|contains|all: ['-c', 'c*l ']
  other: [{{User: root}}, {{Uid|lt: 5, Gid: null}}]
  condition: sel and not 1 of other*
"""
CORRELATION = """title: Often {name}
name: {name}
level: {level}
correlation:
  type: event_count
  rules: [{rule}]
  group-by: [User]
  timespan: 10m
  condition: {{gte: 3}}
"""
FILTER = """title: Not bob
logsource: {product: linux}
filter: {rules: any, bob: {User: bob}, condition: not bob}
"""


def write(path: Path, *texts: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\n".join(texts))
    return path


def rule(name: str, level: str = "high") -> str:
    return RULE.format(name=name, level=level)


def often(name: str, of: str, level: str = "high") -> str:
    return CORRELATION.format(name=name, level=level, rule=of)


def keys(rules: RuleSet) -> list[str]:
    return [one.about.key for one in rules.rules]


def test_a_directory_is_read_with_all_below(tmp_path: Path) -> None:
    """In the same order everywhere; what isn't YAML by its name, and what is hidden, is left."""
    for place in ("b.yml", "a/z.yaml", "a/b/c.yml", "a/x.txt", ".h.yml", ".git/a.yml"):
        write(tmp_path / place, rule(place.replace("/", "_")))
    assert keys(load([tmp_path])) == ["b.yml", "a_z.yaml", "a_b_c.yml"]


def test_files_may_be_named_and_linked(tmp_path: Path) -> None:
    """Whatever their names; the same path twice is once."""
    file = write(tmp_path / "dir" / "rule.txt", rule("a"))
    (tmp_path / "dir" / "link.yml").symlink_to(file)
    assert keys(load([file, file])) == ["a"]
    assert keys(load([tmp_path])) == ["a"]


def test_places_that_can_not_be_read(tmp_path: Path) -> None:
    """Each is a refusal that names it, and the rest is read."""
    write(tmp_path / "good.yml", rule("a"))
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "dir.yml").mkdir()
    (tmp_path / "gone.yml").symlink_to("nowhere")
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / os.fsdecode(b"\xff")).symlink_to(tmp_path)
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe")
    found = load([tmp_path, tmp_path / "missing"])
    assert keys(found) == ["a"]
    said = {Path(refusal.place.path).name: refusal.reason for refusal in found.refusals}
    assert said == {
        "pipe.yml": "it is no regular file",
        "gone.yml": "it can't be read: No such file or directory",
        "linked": "a link to a directory: name what it links to",
        "\\xff": "a link to a directory: name what it links to",
        "bytes.yml": "byte 0 is no UTF-8: save it as UTF-8",
        "missing": "it can't be read: No such file or directory",
    }


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "a/b/" * 2000])
def test_names_that_no_file_has(name: str) -> None:
    """Are as good as files that aren't there."""
    [refusal] = load([Path(name)]).refusals
    assert refusal.place.path == str(Path(name))


def test_nothing_heavy_is_loaded_without_rules() -> None:
    """Who imports the module has no pySigma yet."""
    code = "import sys, tracer.detect.load; print({'sigma', 'yaml'} & {*sys.modules})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_nothing_of_the_parser_is_kept(tmp_path: Path) -> None:
    """A rule holds what it is tested with, and no more."""
    modifiers = "{A|cidr: 10.0.0.0/8, B|re: a+, C|gt: 5, D|fieldref: E, F|hour: 3, G|cased: 'a*b'}"
    text = rule("a").replace("[{User: root}, {Uid|lt: 5, Gid: null}]", modifiers)
    found = load([write(tmp_path / "f.yml", text, often("b", "a"), FILTER)])
    held, waiting = {}, [found]
    while waiting:
        one = waiting.pop()
        if id(one) not in held and not isinstance(one, type | ModuleType):
            held[id(one)] = one
            waiting += gc.get_referents(one)
    modules = {type(one).__module__.partition(".")[0] for one in held.values()}
    assert {"tracer", "re2", "ipaddress"} <= modules
    assert not {"sigma", "yaml", "pyparsing"} & modules


@pytest.fixture
def some(tmp_path: Path) -> RuleSet:
    texts = [rule("low", "low"), rule("high"), rule("base", "low"), rule("lone", "low")]
    found = load(
        [write(tmp_path / "f.yml", *texts, often("often", "base"), often("x", "lone", "low"))]
    )
    assert found.refusals == ()
    return found


def wanted(rules: RuleSet, level: Level, *without: str) -> dict[str, bool]:
    """Key -> whether it is silent."""
    chosen = rules.wanted(level, without)
    return {one.about.key: one.is_silent for one in (*chosen.rules, *chosen.correlations)}


def test_rules_are_wanted_by_their_level(some: RuleSet) -> None:
    """What a wanted correlation refers to stays, silent; what only an unwanted one does, goes."""
    assert wanted(some, Level.HIGH) == {"high": False, "base": True, "often": False}
    assert wanted(some, Level.LOW) == {
        **{"low": False, "high": False, "base": True, "lone": True},
        **{"often": False, "x": False},
    }
    assert wanted(some, Level.CRITICAL) == {}


def test_rules_are_not_wanted_by_name_or_tag(some: RuleSet) -> None:
    """Stars stand for anything, and case doesn't matter."""
    assert wanted(some, Level.HIGH, "HIGH") == {"base": True, "often": False}
    assert wanted(some, Level.HIGH, "of*") == {"high": False}
    assert wanted(some, Level.HIGH, "attack.T1059") == {"base": True, "often": False}
    assert wanted(some, Level.HIGH, "base") == {"high": False, "base": True, "often": False}
    assert wanted(some, Level.LOW, "*") == {}


def test_correlations_of_correlations_stay(tmp_path: Path) -> None:
    """As do the rules below them."""
    texts = [often("top", "middle"), often("middle", "base", "low"), rule("base", "low")]
    found = load([write(tmp_path / "f.yml", *texts)])
    assert wanted(found, Level.HIGH) == {"base": True, "middle": True, "top": False}


def test_a_rule_keeps_its_version(tmp_path: Path) -> None:
    """As long as its text is the same, wherever it stands."""
    [one] = load([write(tmp_path / "a.yml", rule("a"))]).rules
    [other] = load([write(tmp_path / "b.yml", "# moved\n" + rule("a"))]).rules
    [changed] = load([write(tmp_path / "b.yml", rule("a", "low"))]).rules
    assert one.about.version == other.about.version != changed.about.version


def test_a_foreign_rule_costs_no_compiling(tmp_path: Path) -> None:
    """Its detection isn't read."""
    text = (
        rule("w")
        .replace("linux", "windows")
        .replace("condition: sel and not 1 of other*", "condition: (((")
    )
    [refusal] = load([write(tmp_path / "w.yml", text)]).refusals
    assert refusal.is_foreign


def judged(path: Path, documents: int) -> None:
    """Every document is a rule, a correlation, a filter, or refused at a place of the file."""
    found = load([path])
    lines = len(path.read_text(errors="replace").splitlines()) + 1  # more ends than \n, as in YAML
    for refusal in found.refusals:
        assert refusal.place.path == str(path)
        assert 1 <= refusal.place.line <= lines
        assert refusal.reason
        assert "\n" not in refusal.reason
    assert len(found.rules) + len(found.correlations) + len(found.refusals) >= documents


WORDS = "1 of them all not and or ( ) sel other* | %x% *name &a [ ] { } : - ! '".split()
VALUES = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
MODIFIERS = (
    "all base64 base64offset cased cidr contains day endswith exists expand fieldref gt gte hour i "
    "lt lte m minute month neq re s startswith utf16 utf16be utf16le week wide windash year x"
).split()
KEYS = st.lists(st.sampled_from(MODIFIERS), max_size=3).map(lambda m: "|".join(["Image", *m]))
DETECTIONS = st.fixed_dictionaries(
    {"sel": st.one_of(VALUES, st.dictionaries(KEYS, VALUES, max_size=2))},
    optional={"condition": st.one_of(st.just("sel"), VALUES), "other": VALUES},
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "title": st.one_of(st.just("T"), VALUES),
        "logsource": st.one_of(*[st.just({"product": "linux"})] * 3, VALUES),
    },
    optional={
        "detection": st.one_of(DETECTIONS, VALUES),
        "filter": st.one_of(DETECTIONS.map(lambda d: {**d, "rules": "any"}), VALUES),
        "correlation": VALUES,
        **dict.fromkeys("id name level status tags references author action".split(), VALUES),
    },
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(document=DOCUMENTS)
def test_any_types_anywhere(tmp_path: Path, document: dict[str, Any]) -> None:
    """Load raises nothing, and a document that isn't used is refused."""
    is_filter = "filter" in document and not {"action", "correlation"} & document.keys()
    judged(write(tmp_path / "f.yml", json.dumps(document)), documents=0 if is_filter else 1)


def mutated(text: bytes, chance: random.Random) -> bytes:
    """Bytes changed, left out, doubled, or moved."""
    data = bytearray(text)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(data))
        end = min(len(data), start + chance.choice([1, 1, 2, 8, 40]))
        some = bytes(data[start:end])
        new = chance.choice(
            [b"", some * 2, bytes([chance.randrange(256)]), chance.choice(WORDS).encode(), b"\n"]
        )
        data[start:end] = new
        if chance.random() < 0.3:
            place = chance.randrange(len(data) + 1)
            data[place:place] = some
    return bytes(data)


def test_any_bytes_anywhere(tmp_path: Path) -> None:
    """Whatever becomes of good files, load raises nothing, and names the place."""
    chance = random.Random(7)
    good = "---\n".join([rule("a"), often("b", "a"), FILTER, rule("c").replace("linux", "windows")])
    path = tmp_path / "f.yml"
    for _ in range(200):
        path.write_bytes(mutated(good.encode(), chance))
        judged(path, documents=0)
