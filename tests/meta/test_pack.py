"""The rules that come with ttytrace are whole, and all of their tests say what they should."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.meta.sources import REPO
from tracer.cli.rules_cases import outcomes
from tracer.detect.correlation import Correlation
from tracer.detect.load import RuleSet, load
from tracer.detect.rule import Level, Rule

RULES = REPO / "rules"
COMMANDS = REPO / "tests/kernel/pack"
FEWEST = 40
# What raises these isn't a command in root's pane: tests/kernel/drill.py and test_pack.py do it.
BY_PEOPLE: Final = frozenset(
    """attached-to-root-server client-never-seen lines-pasted-as-root many-panes
    pane-driven-by-program record-erased recording-narrowed ttytrace-blind ttytrace-stopped
    ttytrace-tampered""".split()
)
_SEEN: Final = {
    "process_creation": "programs",
    "tmux_client": "clients",
    "tty_input": "typed",
    "tty_output": "shown",
    "tty_inject": "injected, traced",
    "ttytrace": "ttytrace itself",
    None: "typed and shown",
}
_TECHNIQUE = re.compile(r"attack\.t\d{4}(\.\d{3})?")


@pytest.fixture(scope="module")
def pack() -> RuleSet:
    return load([RULES])


def told(pack: RuleSet) -> list[Rule | Correlation]:
    """All that alerts come from, by their files."""
    found = [each for each in (*pack.rules, *pack.correlations) if not each.is_silent]
    return sorted(found, key=lambda each: each.about.place.path)


def table() -> str:
    """The rules as README has them."""
    rows = ["| Rule | Level | ATT&CK | Looks at | What for |", "|---|---|---|---|---|"]
    for each in told(load([RULES])):
        about, path = each.about, Path(each.about.place.path).relative_to(RULES)
        link = f"[{path.with_suffix('')}]({path})"
        level = about.level.name.lower()
        rows.append(f"| {link} | {level} | {_techniques(each)} | {_seen(path)} | {about.title} |")
    return "\n".join(rows)


def _techniques(each: Rule | Correlation) -> str:
    tags = [tag for tag in each.about.tags if _TECHNIQUE.fullmatch(tag)]
    return ", ".join(tag.removeprefix("attack.").upper() for tag in tags)


def _seen(path: Path) -> str:
    documents = yaml.safe_load_all((RULES / path).read_text())
    sources = [each["logsource"] for each in documents if "logsource" in each]
    return _SEEN[sources[0].get("category")]


def test_all_of_it_is_read(pack: RuleSet) -> None:
    """There are many, none is refused, and a file has one that alerts, in the folder of its
    tactic."""
    assert pack.refusals == ()
    files = Counter(each.about.place.path for each in told(pack))
    assert len(files) >= FEWEST and set(files.values()) == {1}
    for each in told(pack):
        tactic = Path(each.about.place.path).parent.name
        assert f"attack.{tactic}" in each.about.tags, each.about.place


def test_each_says_what_it_is(pack: RuleSet) -> None:
    """Technique, author, licence, what it is for, and what else may raise it."""
    for each in told(pack):
        about = each.about
        assert _techniques(each) and about.description and about.id, about.place
        assert (about.author, about.license) == ("ttytrace", "Apache-2.0")
        document = next(yaml.safe_load_all(Path(about.place.path).read_text()))
        assert document["falsepositives"] and document["status"] == "test"
        assert about.level > Level.INFORMATIONAL


def test_each_is_raised_by_its_hits_and_by_no_miss(pack: RuleSet) -> None:
    """As `ttytrace rules test` has it, and none lacks a file."""
    done = list(outcomes(pack))
    assert len(done) >= FEWEST
    assert not [problem for each in done for problem in (*each.problems, *each.missing)]


def test_a_drill_does_what_each_is_for(pack: RuleSet) -> None:
    """A command for each, but for what takes more than that; and no command is of no rule."""
    names = {Path(each.about.place.path).stem for each in told(pack)}
    hits = {path.name.partition(".")[0] for path in COMMANDS.glob("*.hit.*")}
    misses = {path.name.partition(".")[0] for path in COMMANDS.glob("*.miss.*")}
    assert hits == names - BY_PEOPLE
    assert misses <= hits


def test_the_table_of_rules_is_right() -> None:
    """README lists all rules, as they are."""
    assert table() in (RULES / "README.md").read_text()
