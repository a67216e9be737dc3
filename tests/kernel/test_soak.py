"""Three minutes of what tests/soak does by hand for two hours."""

from __future__ import annotations

from pathlib import Path

from tests.soak.__main__ import print_table
from tests.soak.soak import soak

MINUTES = 2.5  # and what it takes to begin, to come to rest, and to verify


def test_a_working_day_leaves_nothing_behind(plan: str | None, tmp_path: Path) -> None:
    """Memory is flat, nothing leaks, all that was made is recorded or told as lost, and the log is
    whole."""
    result = soak(tmp_path, MINUTES, plan)
    print_table(result)
    assert not result.problems
