"""Why a view meets a condition."""

from __future__ import annotations

from tracer.detect.compile import compile_detection
from tracer.detect.explain import TEXT, Explained, explain, fields, matched
from tracer.detect.node import Node
from tracer.detect.rule import About, Level, Place, Rule
from tracer.detect.view import PROCESS_CREATION, View

NODE = compile_detection(
    {
        "sel": {"Image|endswith": ["/sh", "/dash"], "CommandLine|contains": "curl"},
        "word": ["evil"],
        "other": {"User": "root", "A|exists": True, "Uid|fieldref": "Euid"},
        "condition": "(sel or word) and not other",
    },
    lambda name: [],
)
VIEW = View(
    PROCESS_CREATION,
    {"Image": ("/bin/SH", "/bin/busybox"), "CommandLine": ("sh -c curl",), "User": ("bob",)},
    "an Evil text",
)


def rule(node: Node) -> Rule:
    return Rule(About("k", Place("f", 1), "T", Level.LOW, "0"), PROCESS_CREATION, node)


def leaves(explained: Explained) -> list[Explained]:
    return [leaf for part in explained.parts for leaf in leaves(part)] or [explained]


def test_each_part_is_told_with_what_is_there() -> None:
    """The text of each test, what its field holds, and whether that meets it."""
    told = {leaf.text: (leaf.held, leaf.is_met) for leaf in leaves(explain(NODE, VIEW))}
    assert told == {
        "Image ends with '/sh' or '/dash'": (("/bin/SH", "/bin/busybox"), True),
        "CommandLine contains 'curl'": (("sh -c curl",), True),
        "text contains 'evil'": (("an Evil text",), True),
        "User is 'root'": (("bob",), False),
        "A is there": ((), False),
        "Uid is what Euid holds": ((), False),
    }


def test_the_whole_has_the_truth_of_the_test() -> None:
    """Joined as the condition is."""
    told = explain(NODE, VIEW)
    assert (told.text, told.is_met) == ("all of", NODE.test(VIEW)) == ("all of", True)
    assert [(part.text, part.is_met) for part in told.parts] == [("one of", True), ("not", True)]


def test_what_matched_is_what_met_something() -> None:
    """The values as they were; nothing of what was denied, or not met."""
    assert matched(rule(NODE), VIEW) == {
        "Image": ("/bin/SH",),
        "CommandLine": ("sh -c curl",),
        TEXT: ("an Evil text",),
    }
    there = compile_detection({"s": {"User|exists": True}, "condition": "s"}, lambda name: [])
    assert matched(rule(there), VIEW) == {"User": ("bob",)}


def test_fields_are_all_that_are_named() -> None:
    """Those that others refer to, and those of what is denied, too."""
    assert fields(NODE) == {"Image", "CommandLine", "User", "A", "Uid", "Euid"}
