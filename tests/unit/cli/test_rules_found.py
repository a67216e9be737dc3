"""tracer.cli.rules_found"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.samples import HOST, OUTPUT, FixedClock, names
from tests.unit.cli.made_rules import BROKEN, LS, MANY, WINDOWS, rules
from tracer.cli import rules_found
from tracer.cli.rules_found import (
    all_of,
    detector_of,
    rule_named,
    rules_in,
    rules_used,
    settings_here,
    usable,
)
from tracer.codec.ecs import Encoder
from tracer.errors import NoRules, UnknownRule
from tracer.settings import RuleSettings, Settings


def test_those_of_the_directories_that_are_named(tmp_path: Path) -> None:
    """All of them, whatever the settings say."""
    directory = rules(tmp_path, look=LS.replace("level: high", "level: low"), many=MANY, bad=BROKEN)
    found = rules_used([directory])
    assert [each.about.title for each in all_of(found)] == [
        "Somebody looks",
        "Somebody looks a lot",
    ]
    assert [refusal.title for refusal in found.refusals] == ["Half a rule"]


def test_those_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the settings name and want; nothing of where others can write."""
    own = rules(tmp_path / "own", look=LS, low=MANY.replace("critical", "low"))
    open_ = rules(tmp_path / "open", other=LS)
    open_.chmod(0o777)
    settings = RuleSettings(pack=False, directories=(str(own), str(open_)))
    monkeypatch.setattr(rules_found, "settings_here", lambda: Settings(rules=settings))
    found = rules_in([])
    assert len(all_of(found)) == 2
    assert "others than its owner can write" in found.refusals[0].reason
    assert all_of(rules_used([])) == []


def test_the_pack_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the settings say otherwise."""
    settings = RuleSettings(directories=())
    monkeypatch.setattr(rules_found, "settings_here", lambda: Settings(rules=settings))
    assert all(each.about.author == "ttytrace" for each in all_of(rules_used([])))
    settings = RuleSettings(pack=False, directories=())
    with pytest.raises(NoRules):
        rules_in([])


def test_where_there_are_none(tmp_path: Path) -> None:
    """Nobody takes that for silence."""
    for each in (tmp_path / "missing", tmp_path):
        with pytest.raises(NoRules):
            rules_in([each])
    with pytest.raises(NoRules, match="none can be used"):
        usable([rules(tmp_path, windows=WINDOWS)])


def test_a_rule_by_any_of_its_names(tmp_path: Path) -> None:
    """In any case; one that isn't there has a nearest one."""
    found = rules_in([rules(tmp_path, look=LS, many=MANY)])
    for name in ("LOOKS", "somebody looks", "11111111-1111-4111-8111-111111111111"):
        assert rule_named(found, name).about.name == "looks"
    with pytest.raises(UnknownRule, match="the nearest is looks"):
        rule_named(found, "look")
    with pytest.raises(UnknownRule, match="rules list"):
        rule_named(found, "\x1b[2J")


def test_settings_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes rules needs none."""
    monkeypatch.setattr(rules_found, "PATH", tmp_path / "none")
    assert settings_here() == Settings()


def test_what_panes_show_is_looked_at_where_a_rule_is_for_it(tmp_path: Path) -> None:
    """It costs most."""
    shown = LS.replace("category: process_creation", "category: tty_output, service: ttytrace")
    shown = shown.replace(
        'Image|endswith: /ls, CommandLine|contains: "my file"', "Text|contains: total"
    )
    output = Encoder(HOST, names, FixedClock()).encode(OUTPUT._replace(offset=0))
    found = rules_in([rules(tmp_path, look=shown)])
    assert [alert.about.name for alert in detector_of(found, 0).feed(1, output)] == ["looks"]
