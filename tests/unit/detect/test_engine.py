"""Rules on records: all that are met, none that throw or are slow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tracer.detect.engine import Engine, EngineStats, RuleDisabled
from tracer.detect.node import And, Node, Not, Or, Witness
from tracer.detect.rule import About, Level, Place, Rule
from tracer.detect.view import AUDITD, PROCESS_CREATION, SOURCES, TTY_INPUT, LogSource, View

MS = 1_000_000
WORDS = ("sudo", "su", "curl", "sh", "etc")


class Clock:
    """Goes on where a test says so."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


class Says(NamedTuple):
    """The word stands in the text."""

    word: str

    def test(self, view: View) -> bool:
        return self.word in view.folded_text

    @property
    def witness(self) -> Witness | None:
        return frozenset({self.word})


class Throws(NamedTuple):
    """Fails on every view."""

    error: Exception

    def test(self, view: View) -> bool:
        raise self.error

    @property
    def witness(self) -> Witness | None:
        return None


class Takes(NamedTuple):
    """Is met, and takes so long."""

    clock: Clock
    ms: float

    def test(self, view: View) -> bool:
        self.clock.ns += round(self.ms * MS)
        return True

    @property
    def witness(self) -> Witness | None:
        return None


def rule(key: str, node: Node, source: LogSource = PROCESS_CREATION, version: str = "1") -> Rule:
    """One of that key."""
    return Rule(About(key, Place("x.yml", 1), key, Level.LOW, version), source, node)


def fed(engine: Engine, *views: View) -> list[str]:
    """The keys of the rules that a record with these views meets."""
    return [match.rule.about.key for match in engine.feed(7, 70, {}, views)]


def says(text: str, source: LogSource = PROCESS_CREATION) -> View:
    """A view with this text."""
    return View(source, {}, text)


NODES: st.SearchStrategy[Node] = st.recursive(
    st.sampled_from(WORDS).map(Says),
    lambda nodes: st.one_of(
        st.lists(nodes, min_size=1, max_size=3).map(lambda some: And(tuple(some))),
        st.lists(nodes, min_size=1, max_size=3).map(lambda some: Or(tuple(some))),
        nodes.map(Not),
    ),
    max_leaves=5,
)
WANTED = st.sampled_from((LogSource(), LogSource(None, "linux"), LogSource("other"), *SOURCES))
VIEWS = st.builds(
    says,
    st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join),
    st.sampled_from(SOURCES),
)


@given(st.lists(st.tuples(NODES, WANTED), max_size=6), st.lists(VIEWS, max_size=4))
def test_what_is_met_is_what_testing_all_rules_gives(
    wanted: Sequence[tuple[Node, LogSource]], views: Sequence[View]
) -> None:
    """Each rule is met by a record if one of the views that it is for meets it, and once."""
    rules = [rule(str(number), *each) for number, each in enumerate(wanted)]
    expected = {
        each.about.key
        for each in rules
        if any(each.source.covers(view.source) and each.node.test(view) for view in views)
    }
    found = fed(Engine(rules), *views)
    assert sorted(found) == sorted(expected)


def test_a_match_names_its_cause() -> None:
    """The record, its time, and the first of its views that met the rule."""
    views = (says("ls"), says("sudo ls", AUDITD), says("sudo", TTY_INPUT))
    event = {"event": {"action": "exec"}}
    (match,) = Engine([rule("a", Says("sudo"), LogSource())]).feed(3, 30, event, views)
    assert match[1:] == (views[1], 3, 30, event)


def test_a_rule_that_throws_is_disabled_and_told_once() -> None:
    """The others go on, on the same view."""
    error = ValueError("no\n" + "x" * 5000)
    engine = Engine([rule("a", Throws(error)), rule("b", Says("sudo"))])
    assert fed(engine, says("sudo"), says("sudo")) == ["b"]
    (trouble,) = engine.take_troubles()
    assert trouble.key == "a"
    assert trouble.reason.startswith("ValueError: no")
    assert len(trouble.reason) == 200
    assert fed(engine, says("sudo")) == ["b"]
    assert engine.take_troubles() == []


def test_a_rule_that_stays_slow_is_disabled() -> None:
    """What its tests take beyond a millisecond each may be a second, together."""
    clock = Clock()
    engine = Engine([rule("a", Takes(clock, 101))], clock)
    assert [fed(engine, says("x")) for _ in range(10)] == [["a"]] * 10
    assert engine.take_troubles() == []
    assert fed(engine, says("x")) == ["a"]
    assert engine.take_troubles() == [
        RuleDisabled("a", "it is too slow: the last test took 101 ms")
    ]
    assert fed(engine, says("x")) == []
    assert engine.stats.disabled == 1


def test_quick_tests_never_add_up() -> None:
    """However often a rule is tested, and however much it took now and then."""
    clock = Clock()
    slow, quick = Takes(clock, 100), Takes(clock, 0.5)
    engine = Engine([rule("a", slow)], clock)
    for _ in range(9):
        fed(engine, says("x"))
    engine.replace([rule("a", quick)])
    for _ in range(2000):
        fed(engine, says("x"))
    engine.replace([rule("a", slow)])
    for _ in range(9):
        fed(engine, says("x"))
    assert engine.take_troubles() == []


def test_one_long_pause_disables_nothing() -> None:
    """The machine slept during a test, which is not the rule's doing."""
    clock = Clock()
    engine = Engine([rule("a", Takes(clock, 3_600_000))], clock)
    assert [fed(engine, says("x")) for _ in range(4)] == [["a"]] * 4
    assert engine.take_troubles() == []


def test_a_rule_is_disabled_until_its_text_changes() -> None:
    """Reading the same rules again doesn't bring it back."""
    engine = Engine([rule("a", Throws(ValueError())), rule("b", Says("sudo"))])
    fed(engine, says("sudo"))
    engine.replace([rule("a", Says("sudo")), rule("b", Says("sudo"))])
    assert fed(engine, says("sudo")) == ["b"]
    engine.replace([rule("a", Says("sudo"), version="2")])
    assert fed(engine, says("sudo")) == ["a"]
    assert engine.stats.disabled == 0


def test_what_a_rule_owes_is_kept_until_its_text_changes() -> None:
    """Reading rules again doesn't let a slow one go on for longer; a new text begins anew."""
    clock = Clock()
    engine = Engine([rule("a", Takes(clock, 101))], clock)
    for version in "1112222222222":
        engine.replace([rule("a", Takes(clock, 101), version=version)])
        fed(engine, says("x"))
    assert engine.take_troubles() == []
    engine.replace([rule("a", Takes(clock, 101), version="2")])
    fed(engine, says("x"))
    assert [trouble.key for trouble in engine.take_troubles()] == ["a"]


def test_stats_count_what_was_done() -> None:
    """Events, views, tests that were left to do, and matches."""
    engine = Engine([rule("a", Says("sudo")), rule("b", Not(Says("curl")))])
    fed(engine, says("sudo"), says("ls"))
    fed(engine)
    assert engine.stats == EngineStats(events=2, views=2, tests=3, matches=2, disabled=0)
