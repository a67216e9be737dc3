"""Detections as conditions: what each modifier means, with the truth written down here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tracer.detect.compile import compile_detection
from tracer.detect.document import Unsupported
from tracer.detect.node import And, Holds, Node, Or
from tracer.detect.view import PROCESS_CREATION, Values, View

LISTS = {"shells": ["*/bash", "*/zsh"], "ports": ["80", "443"]}


def lists(name: str) -> Sequence[str]:
    if name not in LISTS:
        raise Unsupported(f"no list {name}")
    return LISTS[name]


def compiled(selection: Any, condition: str = "sel", **others: Any) -> Node:
    return compile_detection({"sel": selection, "condition": condition, **others}, lists)


def view(text: str = "", /, **fields: str | Values) -> View:
    values = {k: (v,) if isinstance(v, str) else v for k, v in fields.items()}
    return View(PROCESS_CREATION, values, text)


def refusal(section: dict[str, Any]) -> str:
    with pytest.raises(Unsupported) as error:
        compile_detection(section, lists)
    return str(error.value)


# Key of a field A, its value in the rule -> what A may hold, and may not.
MODIFIERS: list[tuple[str, Any, list[str], list[str]]] = [
    ("A", "cmd", ["cmd", "CMD"], ["cmd ", " cmd", "", "cm"]),
    ("A", ["x", "y"], ["x", "Y"], ["xy", ""]),
    ("A", "", [""], [" "]),
    ("A", "*", ["", "x"], []),
    ("A", "a*c", ["ac", "a/b\nc", "AXC"], ["a", "acx", "xac"]),
    ("A", "a?c", ["abc", "aéc", "a\nc"], ["ac", "abbc"]),
    ("A", "?", ["x", "é"], ["", "xx"]),
    ("A", r"a\*c", ["a*c"], ["abc", r"a\*c"]),
    ("A", r"a\?", ["a?"], ["ab"]),
    ("A", r"a\\*", ["a\\", "a\\b"], ["a*", "ab"]),
    ("A", r"C:\x", [r"c:\x"], ["c:x"]),
    ("A", "a.c", ["a.c"], ["abc"]),
    ("A", "(*[", ["(a["], ["a"]),
    ("A", "É*", ["éa"], ["ea"]),
    ("A", 5, ["5"], ["05", "5.0", "15"]),
    ("A", 2.5, ["2.5"], ["2"]),
    ("A", True, ["true", "True"], ["1", "false"]),
    ("A|startswith", "/tmp", ["/tmp", "/TMP/x"], ["x/tmp", ""]),
    ("A|startswith", "a*c", ["abc", "acd"], ["xac"]),
    ("A|endswith", ["/sh", "/dash"], ["/bin/SH", "/dash"], ["sh", "/sh "]),
    ("A|contains", "url", ["curl", "URL x"], ["ur l"]),
    ("A|contains", "a?c", ["xabcx"], ["ac"]),
    ("A|contains|all", ["-a", "-b"], ["-b -a", "-A-B"], ["-a", "-b"]),
    ("A|all|contains", ["-a", "-b"], ["-b -a"], ["-a"]),
    ("A|all|endswith", ["x", "yx"], ["yx"], ["x"]),
    ("A|cased", "Ab", ["Ab"], ["ab", "AB"]),
    ("A|contains|cased", "Ab", ["xAbx"], ["xabx"]),
    ("A|cased", "A*b", ["A\nb"], ["a b", "AB"]),
    ("A|neq", "x", ["y", ""], ["x", "X"]),
    ("A|contains|neq", ["x", "y"], ["z"], ["x", "ay"]),
    ("A|neq", 5, ["6", "x"], ["5"]),
    ("A|re", "b+", ["abba", "b"], ["B", "", "a"]),
    ("A|re", "^a.c$", ["abc"], ["a\nc", "xabc", "abc\n"]),
    ("A|re|i", "^ab$", ["AB"], ["abc"]),
    ("A|re|m", "^b$", ["a\nb\nc"], ["ab"]),
    ("A|re|s", "a.b", ["a\nb"], ["ab"]),
    ("A|re|i|m|s", "^A.b$", ["x\na\nB\ny"], ["ab"]),
    ("A|re", r"C:\\x\*\?", [r"C:\x*?"], ["C:x"]),
    ("A|re", "a|b", ["xa", "bx"], ["c"]),
    ("A|re|startswith", "a|b", ["ax", "bx"], ["xa", "xb"]),
    ("A|re|endswith", "a|b", ["xa"], ["ax"]),
    ("A|re|contains", "a|b", ["xax"], ["x"]),
    ("A|re|startswith|i", "a", ["Ax"], ["xa"]),
    ("A|cidr", "10.0.0.0/8", ["10.1.2.3"], ["11.0.0.1", "10.", "10.1.2.3/32", ""]),
    ("A|cidr", ["10.0.0.0/8", "::1/128"], ["::1", "10.0.0.0"], ["::2"]),
    ("A|cidr", "2001:db8::/33", ["2001:DB8::1", "2001:db8:7fff::"], ["2001:db8:8000::"]),
    ("A|base64", "ping", ["cGluZw=="], ["ping"]),
    ("A|base64offset|contains", "foobar", ["Zm9vYmFy", "eGZvb2Jhcg==", "eHhmb29iYXI="], ["Zm9v"]),
    ("A|wide|base64offset|contains", "ping", ["cABpAG4AZwA="], ["cGluZw=="]),
    ("A|utf16le|base64offset|contains", "ping", ["cABpAG4AZwA="], ["cGluZw=="]),
    ("A|wide", "ab", ["a\0b\0"], ["ab", "\0a\0b"]),
    ("A|utf16le", "ab", ["a\0b\0"], ["ab"]),
    ("A|utf16be|base64", "ab", ["AGEAYg=="], ["YQBiAA=="]),
    ("A|utf16|base64", "ab", ["//5hAGIA"], ["YQBiAA=="]),
    ("A|windash|contains", " -e", ["x -e", "x /e", "x –e", "x —e", "x ―e"], ["x +e", "x e"]),
    ("A|gt", 5, ["6", "5.1", "+6"], ["5", "4", "six", "", "1e9", "nan", "inf", "0x9", "٦"]),
    ("A|gte", 5, ["5", "5.0", "6"], ["4.9", "-5"]),
    ("A|lt", 5, ["4", "-9", "-0.5"], ["5", "x"]),
    ("A|lte", 2.5, ["2.5", "2"], ["2.51"]),
    ("A|gt", 2**60, [str(2**60 + 1)], [str(2**60)]),
    ("A|exists", True, ["", "x"], []),
    ("A|exists", False, [], ["", "x"]),
    ("A", None, [], ["", "x"]),
    ("A", [None, "x"], ["x"], ["", "y"]),
    ("A|fieldref", "B", ["it", "IT"], ["it is", ""]),
    ("A|fieldref|startswith", "B", ["it is"], ["is it"]),
    ("A|fieldref|endswith", "B", ["is it"], ["it is"]),
    ("A|fieldref|contains", "B", ["an item"], ["i t"]),
    ("A|fieldref|neq", "B", ["other"], ["it"]),
    ("A|expand", "%shells%", ["/bin/bash", "/ZSH"], ["/bin/sh", "%shells%"]),
    ("A|expand", ["%shells%", "x"], ["/bash", "x"], ["y"]),
    ("A|contains|expand", ":%ports%", ["a:80", "b:4430"], ["a:8", ":%ports%"]),
    ("A|re|expand", "^%ports%$", ["80"], ["8080"]),
    ("A|minute", 50, ["2026-11-22T03:50:08Z"], ["2026-11-22T03:51:00Z", "50", ""]),
    (
        "A|hour",
        3,
        ["2026-11-22T03:50:08.123456789Z", "2026-11-22 03:00:00"],
        ["2026-11-22T15:00:00Z"],
    ),
    ("A|day", 22, ["2026-11-22T03:50:08+01:00"], ["2026-11-23T00:00:00Z"]),
    ("A|week", 1, ["2027-01-04T00:00:00Z"], ["2027-01-01T00:00:00Z"]),
    ("A|month", 11, ["2026-11-22"], ["2026-12-22"]),
    ("A|year", [2025, 2026], ["2026-11-22"], ["2027-11-22"]),
]


@pytest.mark.parametrize(("key", "value", "met", "others"), MODIFIERS)
def test_a_modifier_means_what_it_says(
    key: str, value: Any, met: list[str], others: list[str]
) -> None:
    """Of the values of a field, these meet a key with its modifiers, and those don't."""
    node = compiled({key: value})
    assert [held for held in met if not node.test(view(A=held, B="it"))] == []
    assert [held for held in others if node.test(view(A=held, B="it"))] == []


def absent(key: str, value: Any) -> bool:
    return compiled({key: value}).test(view(B="it"))


def test_what_is_absent_meets_only_what_asks_for_that() -> None:
    """No comparison holds of a field that isn't there, but for those that say so."""
    met = {key for key, value, _, _ in MODIFIERS if absent(key, value)}
    assert met == {"A|neq", "A|contains|neq", "A|exists", "A", "A|fieldref|neq"}
    assert absent("A|exists", False)
    assert not absent("A|exists", True)
    assert absent("A", None)
    assert not absent("A", "*")


def test_what_is_compared_with_an_absent_field() -> None:
    """A reference to a field that isn't there holds of nothing."""
    assert not compiled({"A|fieldref": "B"}).test(view(A=""))
    assert not compiled({"A|fieldref|contains": "B"}).test(view(A="x"))


def test_one_of_several_values_is_enough() -> None:
    """A field with several values meets what one of them meets, each by itself; neq holds if none
    of them is it."""
    both = view(A=("/bin/dash", "/bin/sh"))
    assert compiled({"A|endswith": "/sh"}).test(both)
    assert compiled({"A|contains|all": ["dash", "bin/sh"]}).test(both)
    assert not compiled({"A": "*dash*/sh"}).test(both)
    assert not compiled({"A|endswith|neq": "/sh"}).test(both)
    assert compiled({"A|fieldref": "B"}).test(view(A=("x", "y"), B=("z", "Y")))


KEYWORDS: list[tuple[Any, list[str], list[str]]] = [
    ("error", ["an Error here"], ["err or"]),
    (["one", "two"], ["two", "one"], ["three"]),
    ("a*c", ["xxabcxx"], ["ca"]),
    (4625, ["id 4625."], ["462"]),
    ({"|all": ["one", "two"]}, ["two one"], ["one"]),
    ({"|re": "o+ne$"}, ["xoone"], ["one more", "ONE"]),
    ({"|re|i": "ONE"}, ["xone"], ["two"]),
    ({"|cased": "One"}, ["xOne"], ["one"]),
    ({"|contains": "one"}, ["xonex"], ["two"]),
    ({"|startswith": "one"}, ["xonex"], ["two"]),
    ({"|base64offset|contains": "foobar"}, ["x Zm9vYmFy"], ["foobar"]),
    ({"|expand": "%ports%"}, ["at 443"], ["at 44"]),
    ([{"A": "x"}, "word"], ["a word"], ["x"]),
    (["one", {"|all": ["two", "three"]}], ["one", "three two"], ["two"]),
]


@pytest.mark.parametrize(("selection", "met", "others"), KEYWORDS)
def test_keywords_are_looked_for_in_the_text(
    selection: Any, met: list[str], others: list[str]
) -> None:
    """Without a field, a value stands somewhere in the text of a view."""
    node = compiled(selection)
    assert [text for text in met if not node.test(view(text))] == []
    assert [text for text in others if node.test(view(text))] == []


# Condition -> the fields of a, b and c that must hold x, as sets of those that meet it.
CONDITIONS = [
    ("a_1", ["1", "12", "13", "123"]),
    ("a_1 and a_2", ["12", "123"]),
    ("a_1 or b", ["1", "3", "12", "13", "23", "123"]),
    ("not a_1", ["", "2", "3", "23"]),
    ("a_1 and not b", ["1", "12"]),
    ("not a_1 and not b", ["", "2"]),
    ("a_1 or a_2 and b", ["1", "12", "13", "23", "123"]),
    ("(a_1 or a_2) and b", ["13", "23", "123"]),
    ("not (a_1 or a_2)", ["", "3"]),
    ("1 of a_*", ["1", "2", "12", "13", "23", "123"]),
    ("any of a_*", ["1", "2", "12", "13", "23", "123"]),
    ("all of a_*", ["12", "123"]),
    ("1 of them", ["1", "2", "3", "12", "13", "23", "123"]),
    ("all of them", ["123"]),
    ("b and not 1 of a_*", ["3"]),
    ("not all of them", ["", "1", "2", "3", "12", "13", "23"]),
    ("1 of *_2", ["2", "12", "23", "123"]),
    (["a_1", "b"], ["1", "3", "12", "13", "23", "123"]),
]


@pytest.mark.parametrize(("condition", "met"), CONDITIONS)
def test_a_condition_joins_detections(condition: Any, met: list[str]) -> None:
    """Operators bind as in logic; of several conditions one must hold."""
    section = {"a_1": {"F1": "x"}, "a_2": {"F2": "x"}, "b": {"F3": "x"}, "condition": condition}
    node = compile_detection(section, lists)
    all_ = ["", "1", "2", "3", "12", "13", "23", "123"]
    assert [n for n in all_ if node.test(view(**{f"F{i}": "x" for i in n}))] == met


# What a detection can't be -> words of the reason.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"sel": {"A": 1}}, "condition"),
    ({"sel": {"A": 1}, "condition": 5}, "condition must be text"),
    ({"sel": {"A": 1}, "condition": []}, "condition"),
    ({"sel": {"A": 1}, "condition": ["sel", 5]}, "condition must be text"),
    ({"sel": {"A": 1}, "condition": ""}, "from character 1 on"),
    ({"sel": {"A": 1}, "condition": "sel and"}, "from character 8 on"),
    ({"sel": {"A": 1}, "condition": "other"}, "'other' not defined"),
    ({"sel": {"A": 1}, "condition": "1 of x_*"}, "x_*"),
    ({"sel": {"A": 1}, "condition": "2 of them"}, "from character 3 on"),
    ({"sel": {"A": 1}, "condition": "sel | count() > 5"}, "deprecated"),
    ({"sel": {"A": 1}, "condition": "(" * 40 + "sel" + ")" * 40}, "brackets"),
    ({"sel": {"A": 1}, "condition": "not " * 40 + "sel"}, "nots"),
    ({"sel": {"A": 1}, "condition": " or ".join(["sel"] * 900)}, "longer than"),
    ({"condition": "sel"}, "No detections"),
    ({"sel": {}, "condition": "sel"}, "'sel' is empty"),
    ({"sel": [], "condition": "sel"}, "empty"),
    ({"sel": {"A": []}, "condition": "sel"}, "'A' is an empty list"),
    ({"sel": {"A": {"B": 1}}, "condition": "sel"}, "dict"),
    ({"sel": {"A": [[1]]}, "condition": "sel"}, "list"),
    ({"sel": {5: 1}, "condition": "sel"}, "the field 5 must be text"),
    ({"sel": {None: 1}, "condition": "sel"}, "the field None must be text"),
    ({"sel": {"A|frobnicate": 1}, "condition": "sel"}, "frobnicate"),
    ({"sel": {"A|": 1}, "condition": "sel"}, "modifier"),
    ({"sel": {"A|re": "("}, "condition": "sel"}, "'A|re': Regular expression '('"),
    ({"sel": {"A|re": "(?=a)"}, "condition": "sel"}, "(?="),
    ({"sel": {"A|re": "(?<!a)b"}, "condition": "sel"}, "(?<"),
    ({"sel": {"A|re": r"(a)\1"}, "condition": "sel"}, "escape sequence"),
    ({"sel": {"A|re": "((a{100}){100}){100}"}, "condition": "sel"}, "repetition"),
    ({"sel": {"A|re": r"(\pL{90}){10}"}, "condition": "sel"}, "too large"),
    ({"sel": {"A|re": 5}, "condition": "sel"}, "quotes"),
    ({"sel": {"A|i": "a"}, "condition": "sel"}, "IgnoreCase"),
    ({"sel": {"A|cidr": "10.0.0.1/8"}, "condition": "sel"}, "CIDR"),
    ({"sel": {"A|cidr": "x"}, "condition": "sel"}, "CIDR"),
    ({"sel": {"A|gt": "x"}, "condition": "sel"}, "'x'"),
    ({"sel": {"A|gt": float("nan")}, "condition": "sel"}, "number"),
    ({"sel": {"A|exists": "yes"}, "condition": "sel"}, "yes"),
    ({"sel": {"A|base64": "a*"}, "condition": "sel"}, "wildcards"),
    ({"sel": {"A|wide": "é"}, "condition": "sel"}, "ascii"),
    ({"sel": {"A|windash": "-a -b -c -d"}, "condition": "sel"}, "three"),
    ({"sel": {"A|fieldref": "a*"}, "condition": "sel"}, "wildcards"),
    ({"sel": {"A|expand": "%nowhere%"}, "condition": "sel"}, "no list nowhere"),
    ({"sel": {"A|expand": "%shells%%ports%"}, "condition": "sel"}, "one placeholder"),
    ({"sel": {"A|expand|all": "%shells%"}, "condition": "sel"}, "all"),
    ({"sel": {"A|hour": "x"}, "condition": "sel"}, "'x'"),
    ({"sel": None, "condition": "sel"}, "keyword"),
    ({"sel": {"|gt": 5}, "condition": "sel"}, "keyword"),
    ({"sel": {"|exists": True}, "condition": "sel"}, "field"),
    ({"sel": {"|cidr": "10.0.0.0/8"}, "condition": "sel"}, "keyword"),
    ({"sel": {"|fieldref": "A"}, "condition": "sel"}, "keyword"),
    ({"sel": {"|hour": 5}, "condition": "sel"}, "keyword"),
]


@pytest.mark.parametrize(("section", "reason"), REFUSED)
def test_what_can_not_be_had_is_refused_in_words(section: dict[str, Any], reason: str) -> None:
    """Never by another exception, and in one line that says what is wrong."""
    said = refusal(section)
    assert reason in said
    assert "\n" not in said


def test_a_small_file_is_no_large_rule() -> None:
    """Each value counts as often as the condition may ask for it, and for all that it becomes."""
    many = {"sel": {"A": [str(i) for i in range(10_000)]}, "condition": "sel"}
    assert compile_detection(many, lists).test(view(A="9999"))
    assert "too large" in refusal({**many, "condition": " or ".join(["1 of them"] * 30)})
    dashes = [f"-{i} -x -y" for i in range(2000)]
    assert "values" in refusal({"sel": {"A|windash": dashes}, "condition": "sel"})


def test_what_compares_alike_is_one_comparison() -> None:
    """A list is one node, and several fields are one for each."""
    alike = compiled([{"A|endswith": ["1", "2"]}, {"A|endswith": "3"}, {"A": ["x", 5]}, {"A": "y"}])
    assert isinstance(alike, Or)
    assert len(alike.nodes) == 2
    assert isinstance(compiled({"A|contains|all": ["a", "b"]}), And)
    apart = compiled([{"A": "x"}, {"B": "x"}, {"A|cased": "x"}])
    assert isinstance(apart, Or)
    assert len(apart.nodes) == 3


def test_a_witness_is_in_all_that_meets() -> None:
    """What the prefilter looks for is in lower case, and None where nothing must be there."""
    assert compiled({"A": ["Ab", "cD"]}).witness == {"ab", "cd"}
    assert compiled({"A|cased": "x*Longer*y"}).witness == {"longer"}
    assert compiled({"A|contains|all": ["ab", "abc"]}).witness == {"abc"}
    assert compiled({"A": ["x", ""]}).witness is None
    assert compiled({"A": "*"}).witness is None
    assert compiled({"A": None}).witness is None
    assert compiled({"A": "x"}, "not sel").witness is None


def test_nodes_hold_nothing_of_the_parser() -> None:
    """A literal is a plain string."""
    node = compiled({"A|contains": "x"})
    assert isinstance(node, Holds)
    assert type(node.field) is str
    assert type(node.matcher).__module__ == "tracer.detect.matchers"
