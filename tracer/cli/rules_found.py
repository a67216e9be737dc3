"""The rules that a command is about: of the directories that it names, else those in use.

Invariant: what a command says of rules is what detect/load.py made of their files, and nothing
else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from tracer.config import PATH, load
from tracer.detect.correlation import Correlation
from tracer.detect.detector import Detector
from tracer.detect.load import RuleSet
from tracer.detect.load import load as load_rules
from tracer.detect.rule import About, Rule
from tracer.detect.views import Views
from tracer.errors import NoRules, UnknownRule
from tracer.settings import RULE_LEVELS, RuleSettings, Settings
from tracer.workers import rules_files


def settings_here() -> Settings:
    """Those of this host; the defaults for who may not read them."""
    return load() if os.access(PATH, os.R_OK) else Settings()


def rules_in(directories: Sequence[Path]) -> RuleSet:
    """All rules of these files and directories; without any, of those that the service reads.
    Raises NoRules."""
    if not directories:
        every = replace(settings_here().rules, level=RULE_LEVELS[0], without=())
        return _some(_in_use(every), "[rules]")
    for each in directories:
        if not each.exists():
            raise NoRules(place=each, reason="there is no such file or directory")
    return _some(load_rules(directories), ", ".join(map(str, directories)))


def rules_used(directories: Sequence[Path]) -> RuleSet:
    """As rules_in(); of those that the service reads only what the settings want."""
    return rules_in(directories) if directories else _in_use(settings_here().rules)


def usable(directories: Sequence[Path]) -> RuleSet:
    """As rules_used(), where there is one that can be used. Raises NoRules."""
    found = rules_used(directories)
    if not (found.rules or found.correlations):
        place = ", ".join(map(str, directories)) or "[rules]"
        raise NoRules(place=place, reason="none can be used; `ttytrace rules check` says why")
    return found


def _in_use(settings: RuleSettings) -> RuleSet:
    # As the service has them: nothing that others than root can write to.
    loaded = rules_files.read(settings, owner=0)
    refusals = dict.fromkeys((*loaded.rules.refusals, *loaded.refused))
    return replace(loaded.rules, refusals=tuple(refusals))


def _some(found: RuleSet, place: str) -> RuleSet:
    if not (found.rules or found.correlations or found.refusals):
        raise NoRules(place=place, reason="no rule is there")
    return found


def detector_of(rules: RuleSet, repeat_s: int) -> Detector:
    """One that has seen nothing yet."""
    return Detector(rules, Views(), repeat_s)


def rule_named(rules: RuleSet, name: str) -> Rule | Correlation:
    """By id, name or title, in any case. Raises UnknownRule."""
    known = {
        called.lower(): rule for rule in all_of(rules) for called in reversed(names_of(rule.about))
    }
    if (found := known.get(name.lower())) is None:
        close = get_close_matches(name.lower(), known, n=1)
        nearest = f"the nearest is {close[0]}" if close else "`ttytrace rules list` shows all"
        raise UnknownRule(rule=name, nearest=nearest)
    return found


def all_of(rules: RuleSet) -> list[Rule | Correlation]:
    """Rules and correlations alike, in the order of their places."""
    found: list[Rule | Correlation] = [*rules.rules, *rules.correlations]
    return sorted(found, key=lambda each: each.about.place)


def names_of(about: About) -> list[str]:
    """What it can be called."""
    names = (about.key, about.id, about.name, about.title)
    return list(dict.fromkeys(name for name in names if name))
