"""Which rules are worth testing on a view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracer.detect.load import load
from tracer.detect.node import And, Node, Not, Or, Witness
from tracer.detect.prefilter import Prefilter
from tracer.detect.rule import About, Level, Place, Rule
from tracer.detect.view import PROCESS_CREATION, View

# Letters whose case is not simple, what means something in a regex, and what ends lines.
LETTERS = "aAsSkKiIſKİıßẞΣσςǅéÉ\u0307.*\\[$^\n\0 \ud800"
TEXTS = st.text(LETTERS, max_size=6)
VIEWS = st.builds(
    lambda fields, text: View(PROCESS_CREATION, fields, text),
    st.dictionaries(st.sampled_from("AB"), st.lists(TEXTS, max_size=2).map(tuple), max_size=2),
    TEXTS,
)


class Contains(NamedTuple):
    """The literal stands in a field or, without one, in the text."""

    field: str
    literal: str
    is_cased: bool

    def test(self, view: View) -> bool:
        if self.is_cased:
            return any(
                self.literal in value for value in (*view.fields.get(self.field, ()), view.text)
            )
        texts = (*view.folded.get(self.field, ()), view.folded_text)
        return any(self.literal.lower() in text for text in texts)

    @property
    def witness(self) -> Witness | None:
        return frozenset({self.literal.lower()})


class Throws:
    """Nothing asks it."""

    witness = frozenset({"x"})

    def test(self, view: View) -> bool:
        raise AssertionError


LEAVES: st.SearchStrategy[Node] = st.builds(Contains, st.sampled_from("AB"), TEXTS, st.booleans())
NODES = st.recursive(
    LEAVES,
    lambda nodes: st.one_of(
        st.lists(nodes, min_size=1, max_size=3).map(lambda some: And(tuple(some))),
        st.lists(nodes, min_size=1, max_size=3).map(lambda some: Or(tuple(some))),
        nodes.map(Not),
    ),
    max_leaves=6,
)


def rules(nodes: Sequence[Node]) -> list[Rule]:
    """One for each, with its number as key."""
    return [
        Rule(About(str(number), Place("x.yml", 1), "x", Level.LOW, "0"), PROCESS_CREATION, node)
        for number, node in enumerate(nodes)
    ]


def candidates(nodes: Sequence[Node], text: str, **fields: str) -> list[str]:
    """The keys of what is worth testing."""
    view = View(PROCESS_CREATION, {name: (value,) for name, value in fields.items()}, text)
    return [rule.about.key for rule in Prefilter(rules(nodes)).candidates(view)]


def has(*literals: str) -> Or:
    """One of them is in the text."""
    return Or(tuple(Contains("", literal, False) for literal in literals))


@given(st.lists(NODES, max_size=5), VIEWS)
@example([Contains("A", "ΑΣ", True)], View(PROCESS_CREATION, {"A": ("ΑΣΑ",)}, ""))
@example([Contains("A", "İ", True)], View(PROCESS_CREATION, {"A": ("aİ",)}, ""))
def test_nothing_that_is_met_is_left_out(nodes: list[Node], view: View) -> None:
    """Whatever is asked for and whatever stands there, all rules that the view meets are offered,
    in their order."""
    everything = rules(nodes)
    offered = Prefilter(everything).candidates(view)
    assert [rule for rule in offered if rule.node.test(view)] == [
        rule for rule in everything if rule.node.test(view)
    ]


SIGMA = """\
title: Rule {number}
logsource: {{category: process_creation}}
detection: {{{detection}}}
"""
ASKED: list[tuple[str, dict[str, str]]] = [
    (
        "a: {Image|endswith: [/ssh, /sudo]}, b: {CommandLine|contains|all: [-K, Key]},"
        " condition: a and b",
        {"Image": "/bin/SSH", "CommandLine": "keY -k"},
    ),
    ("a: {CommandLine|contains|cased: [Key, ſudo, ΑΣ]}, condition: a", {"CommandLine": "ΑΣΑ"}),
    ("a: {CommandLine|re|i: s+udo -k}, condition: a", {"CommandLine": "ſudo -\u212a"}),
    ("a: {CommandLine|re: '(Key|ΑΣΑ)[0-9]'}, condition: a", {"CommandLine": "ΑΣΑ1"}),
    ("a: {CommandLine: '*ss?h*-k*'}, condition: a", {"CommandLine": "ssßh \n-K"}),
    ("a: {CommandLine|windash|contains: ' -k'}, condition: a", {"CommandLine": "x –K"}),
    ("a: {CommandLine|base64offset|contains: sudo}, condition: a", {"CommandLine": "xxN1ZGx"}),
    ("a: {CommandLine|fieldref: Image}, condition: a", {"CommandLine": "İ", "Image": "i̇"}),
    ("a: {Uid|gte: 5}, b: {User: null}, condition: a or b", {"Uid": "5", "User": "x"}),
    ("a: {Uid: [0, 42]}, condition: a", {"Uid": "42"}),
    ("a: {Address|cidr: 10.0.0.0/8}, condition: a", {"Address": "10.1.2.3"}),
    ("a: [straße, İd, 'a*b'], condition: a", {"": "İD"}),
    ("a: {'|all': [sudo, -k]}, condition: a", {"": "-K SUDO"}),
    ("a: {User|exists: true}, b: {Image: /s*}, condition: a and not b", {"User": ""}),
    ("a: {Image: ''}, b: {CommandLine|neq: sudo}, condition: 1 of *", {"CommandLine": "x"}),
    ("a: {CommandLine|contains: ''}, condition: a", {"CommandLine": ""}),
]
FRAGMENTS = """/ssh /sudo sudo SUDO ſudo ssh s -k -K /k –k Key key 1 42 5 0 10.1.2.3 ΑΣ Α straße
    STRASSE İd i̇d a*b ΑΣΑ1 c3Vkbw N1ZG dWRv cwBoA MAaA zAGgA""".split()
HELD = st.lists(st.sampled_from([" ", " -k", "s sh", "\n", *FRAGMENTS]), max_size=4).map("".join)
HELDS = st.lists(HELD, min_size=1, max_size=2).map(tuple)
SEEN = st.builds(
    lambda fields, text: View(PROCESS_CREATION, fields, text),
    st.fixed_dictionaries(
        {"CommandLine": HELDS},
        optional=dict.fromkeys("Image Uid User Address".split(), HELDS),
    ),
    HELD,
)


@pytest.fixture(scope="module")
def sigma(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rule, ...]:
    """The rules of ASKED, as they are read from a file."""
    file = tmp_path_factory.mktemp("rules") / "all.yml"
    texts = (SIGMA.format(number=n, detection=each) for n, (each, _) in enumerate(ASKED))
    file.write_text("---\n".join(texts))
    read = load([file])
    assert not read.refusals
    return read.rules


@pytest.mark.parametrize("number", range(len(ASKED)))
def test_a_rule_of_sigma_is_offered(sigma: tuple[Rule, ...], number: int) -> None:
    """However it asks: with wildcards, regexes, encodings, with case and without."""
    fields = {name: (value,) for name, value in ASKED[number][1].items() if name}
    view = View(PROCESS_CREATION, fields, ASKED[number][1].get("", ""))
    assert sigma[number].node.test(view)
    assert sigma[number] in Prefilter(sigma).candidates(view)


@given(view=SEEN)
def test_no_rule_of_sigma_is_left_out(sigma: tuple[Rule, ...], view: View) -> None:
    """Whatever stands in the fields."""
    offered = Prefilter(sigma).candidates(view)
    assert [rule for rule in sigma if rule.node.test(view) and rule not in offered] == []


def test_only_what_has_its_literal_is_offered() -> None:
    """A rule is, whose literal is in the text or in any field; rules without one always are."""
    nodes = [has("curl"), has("wget", "nc "), Not(has("curl")), has("/etc/shadow")]
    assert candidates(nodes, "ls -l") == ["2"]
    assert candidates(nodes, "CURL x") == ["0", "2"]
    assert candidates(nodes, "sync ", A="/Etc/Shadow") == ["1", "2", "3"]


@pytest.mark.parametrize(
    "literal", ["", ".", "a*", "(", "\\d", "a\0b", "a\nb", "[x", "\x80", "日本"]
)
def test_literals_are_taken_as_they_are(literal: str) -> None:
    """Nothing in them means anything else, and nothing in a text ends it."""
    assert candidates([has(literal)], f"\0\n{literal}\0") == ["0"]
    assert candidates([has(literal)], "xaad1\0") == ([] if literal else ["0"])


def test_every_value_of_a_field_counts() -> None:
    """Not just its first one."""
    view = View(PROCESS_CREATION, {"A": ("ls", "id", "curl")}, "")
    assert Prefilter(rules([has("curl")])).candidates(view)


def test_neither_fields_nor_values_run_into_each_other() -> None:
    """A literal isn't found where it begins in one value and ends in the next."""
    assert candidates([has("curl")], "cu", A="rl") == []


def test_an_s_may_be_long() -> None:
    """RE2 takes a long one for an s where case doesn't count, and the sign for Kelvin for a k."""
    assert candidates([has("ssh -k")], "ſSH -\u212a") == ["0"]


def test_a_literal_may_serve_many_rules() -> None:
    """It is looked for once."""
    assert candidates([has("sudo"), has("su", "sudo"), has("sudoedit")], "sudo") == ["0", "1"]


def test_rules_with_long_lists_are_tested_always() -> None:
    """Looking for thousands of literals costs more than testing."""
    many = has(*(f"host{number}.example" for number in range(5000)))
    assert candidates([many, has("curl")], "ls") == ["0"]


def test_what_does_not_fit_is_tested_always() -> None:
    """There are more literals than an automaton may hold: rules whose own don't fit any more are
    offered, the others still are looked for."""
    nodes = [has(f"{number}" * 1000) for number in range(1000, 1100)]
    offered = candidates(nodes, "1000" * 1000)
    assert offered[0] == "0"
    assert offered[-1] == "99"
    assert len(offered) < 80


def test_without_rules_nothing_is_offered() -> None:
    """And nothing fails."""
    assert candidates([], "ls") == []
