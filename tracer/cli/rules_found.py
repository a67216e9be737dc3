"""The rules that a command is about: of the directories that it names, else those in use.

Invariant: what a command says of rules is what detect/load.py made of their files, and nothing
else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tracer.codec.safe import safe_text
from tracer.config import PATH, load, nearest
from tracer.detect.correlation import Correlation
from tracer.detect.detector import Detector
from tracer.detect.load import RuleSet
from tracer.detect.load import load as read_rules
from tracer.detect.rule import About, Level, Rule
from tracer.detect.view import TTY_OUTPUT
from tracer.detect.views import Views
from tracer.errors import NoRules, UnknownRule
from tracer.paths import rules_dir
from tracer.settings import RuleSettings, Settings


def settings_here() -> Settings:
    """Those of this host; the defaults for who may not read them."""
    return load() if os.access(PATH, os.R_OK) else Settings()


def rules_in(directories: Sequence[Path]) -> RuleSet:
    """All rules of these files and directories; without any, of those in use. Raises NoRules."""
    for each in directories:
        if not each.exists():
            raise NoRules(place=each, reason="there is no such file or directory")
    paths = list(directories) or paths_of(settings_here().rules)
    found = read_rules(paths)
    if not (found.rules or found.correlations or found.refusals):
        raise NoRules(place=", ".join(map(str, paths)) or "[rules]", reason="there is none here")
    return found


def rules_used(directories: Sequence[Path]) -> RuleSet:
    """As rules_in(), but of those in use only what the settings want."""
    found = rules_in(directories)
    if directories:
        return found
    settings = settings_here().rules
    return found.wanted(Level[settings.level.upper()], settings.without)


def paths_of(settings: RuleSettings) -> list[Path]:
    """Where the rules in use are."""
    own = [Path(each) for each in settings.directories]
    return [*([rules_dir()] if settings.pack else []), *(each for each in own if each.exists())]


def detector_of(rules: RuleSet, repeat_s: int) -> Detector:
    """One that has seen nothing yet."""
    wants_output = any(rule.source.covers(TTY_OUTPUT) for rule in rules.rules)
    return Detector(rules, Views(wants_output), repeat_s)


def rule_named(rules: RuleSet, name: str) -> Rule | Correlation:
    """By id, name or title, in any case. Raises UnknownRule."""
    known = {
        called.lower(): rule for rule in all_of(rules) for called in reversed(names_of(rule.about))
    }
    if (found := known.get(name.lower())) is None:
        raise UnknownRule(rule=safe_text(name), nearest=nearest(name.lower(), known))
    return found


def all_of(rules: RuleSet) -> list[Rule | Correlation]:
    """Rules and correlations alike, in the order of their places."""
    found: list[Rule | Correlation] = [*rules.rules, *rules.correlations]
    return sorted(found, key=lambda each: each.about.place)


def names_of(about: About) -> list[str]:
    """What it can be called."""
    names = (about.key, about.id, about.name, about.title)
    return list(dict.fromkeys(name for name in names if name))
