"""Rules as they are once they were read."""

from __future__ import annotations

from tracer.detect.rule import Level, Place


def test_a_place_is_shown_as_compilers_do() -> None:
    """So that editors can jump to it."""
    assert str(Place("rules/a.yml", 7)) == "rules/a.yml:7"


def test_levels_are_ordered() -> None:
    """From what is told to what can't wait."""
    assert [level.name for level in sorted(Level)] == [
        *("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
    ]
