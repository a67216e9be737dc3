"""tracer.cli.rules_check"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.unit.cli.made_rules import BROKEN, LS, MANY, WINDOWS, rules
from tracer.cli.rules_check import State, checked, report, source_text, verdicts
from tracer.cli.rules_found import rules_in
from tracer.detect.load import RuleSet
from tracer.detect.view import TTY_INPUT, LogSource
from tracer.settings import InputPolicy

NO_SUCH_FIELD = LS.replace("CommandLine|contains", "DestinationIp|contains")
TYPED = LS.replace("category: process_creation", "category: tty_input, service: ttytrace").replace(
    "Image|endswith: /ls, CommandLine|contains", "Text|contains"
)
METADATA = InputPolicy.METADATA


def states(directory: Path, policy: InputPolicy = METADATA) -> dict[str, tuple[State, str]]:
    every = rules_in([directory])
    found = verdicts(every, every, policy)
    return {Path(each.place.path).stem: (each.state, each.reason) for each in found}


def test_what_works_and_what_does_not(tmp_path: Path) -> None:
    """Another system's rules can never fire, broken ones must be mended."""
    found = states(rules(tmp_path, look=LS, many=MANY, windows=WINDOWS, broken=BROKEN))
    assert {name: state for name, (state, _) in found.items()} == {
        "look": State.WORKS, "many": State.WORKS, "windows": State.NEVER, "broken": State.BROKEN,
    }  # fmt: skip
    assert "product windows" in found["windows"][1]


def test_a_field_that_no_record_has(tmp_path: Path) -> None:
    """Is named; and what needs such a rule can't fire either."""
    found = states(rules(tmp_path, look=NO_SUCH_FIELD, many=MANY))
    reason = "no record of category process_creation, product linux has DestinationIp"
    assert found["look"] == (State.NEVER, reason)
    assert found["many"] == (State.NEVER, "it needs 11111111-1111-4111-8111-111111111111, "
                             "which can never fire here")  # fmt: skip


@pytest.mark.parametrize(
    "selection",
    [
        "{Image|endswith: /ls}",
        "[{DestinationIp: x}, {Image: x}]",
        "{DestinationIp: null}",
        "{DestinationIp|exists: false}",
        "['some words']",
        "{Image|fieldref: ParentImage}",
    ],
)
def test_what_may_be_met_some_way(tmp_path: Path, selection: str) -> None:
    """Works."""
    text = LS.replace('{Image|endswith: /ls, CommandLine|contains: "my file"}', selection)
    assert states(rules(tmp_path, look=text))["look"] == (State.WORKS, "")


@pytest.mark.parametrize(
    "selection",
    [
        "{Image: x, DestinationIp: y}",
        "{DestinationIp|exists: true}",
        "{Image|fieldref: DestinationIp}",
        "[{DestinationIp: x}, {DestinationPort: 1}]",
    ],
)
def test_what_can_be_met_no_way(tmp_path: Path, selection: str) -> None:
    """Doesn't."""
    text = LS.replace('{Image|endswith: /ls, CommandLine|contains: "my file"}', selection)
    assert states(rules(tmp_path, look=text))["look"][0] is State.NEVER


def test_typed_text_that_is_not_kept(tmp_path: Path) -> None:
    """Is a matter of the settings."""
    directory = rules(tmp_path, look=TYPED)
    reason = 'what is typed is not kept: input is "metadata"'
    assert states(directory)["look"] == (State.NEVER, reason)
    assert states(directory, InputPolicy.FULL)["look"] == (State.WORKS, "")


def test_what_the_settings_leave_out(tmp_path: Path) -> None:
    """Would work."""
    every = rules_in([rules(tmp_path, look=LS)])
    (found,) = verdicts(every, RuleSet(), METADATA)
    assert found.state is State.OFF


def test_thousands_are_told_by_reason(tmp_path: Path) -> None:
    """What is broken is told by itself; with --verbose, all is."""
    many = {f"w{n}": WINDOWS.replace("3333-3333", f"3333-{n:04d}") for n in range(50)}
    every = rules_in([rules(tmp_path, look=LS, broken=BROKEN, **many)])
    found = verdicts(every, every, METADATA)
    lines = list(report(found, is_verbose=False))
    assert len(lines) == 5
    assert "broken.yml:2: Half a rule: " in lines[0]
    assert lines[1].startswith("never   50 rules: nothing is recorded of")
    assert lines[2:] == [
        "1 work", "50 can never fire here", "1 are broken, or ask for what can't be had"
    ]  # fmt: skip
    assert len(list(report(found, is_verbose=True))) == 55


def test_a_broken_rule_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON, too: an object a line."""
    directory = rules(tmp_path, look=LS)
    assert checked([directory], is_verbose=False, is_json=False)
    rules(directory, broken=BROKEN.replace("Half a rule", "'Half\\x1b[2J'"))
    capsys.readouterr()
    assert not checked([directory], is_verbose=False, is_json=True)
    first, second = map(orjson.loads, capsys.readouterr().out.splitlines())
    assert (first["state"], first["line"], second["state"]) == ("broken", 2, "works")
    assert not checked([directory], is_verbose=True, is_json=False)
    assert "\x1b" not in capsys.readouterr().out


def test_a_source_in_words() -> None:
    """What it leaves out isn't said."""
    assert source_text(TTY_INPUT) == "category tty_input, product linux, service ttytrace"
    assert source_text(LogSource()) == "any source"
