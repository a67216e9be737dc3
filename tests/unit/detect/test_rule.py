"""What rules are called, and where they stand."""

from __future__ import annotations

from tracer.detect.rule import Level, Place
from tracer.settings import RULE_LEVELS


def test_a_place_is_told_as_compilers_do() -> None:
    """So that an editor finds it."""
    assert str(Place("rules/x.yml", 12)) == "rules/x.yml:12"


def test_levels_are_those_of_the_settings() -> None:
    """By the same names, and in the same order."""
    assert [level.name.lower() for level in sorted(Level)] == list(RULE_LEVELS)
