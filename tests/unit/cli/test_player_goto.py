"""tracer.cli.player_goto"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tracer.cli.player_goto import moment_named, position, wall_time

SECOND = 1_000_000_000
START = 1_795_132_800 * SECOND + 5  # 2026-11-20 00:00:00 UTC
HOUR = 3600 * SECOND


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("+5m", 400 * SECOND),
        ("-30s", 70 * SECOND),
        ("-1", 99 * SECOND),
        ("+1.5", 101.5 * SECOND),
        ("90s", 90 * SECOND),
        ("1h", HOUR),
        ("10%", 1000 * SECOND),
        ("12.5%", 1250 * SECOND),
        ("00:01:00", 60 * SECOND - 5),
        ("1:00", HOUR - 5),
        ("+1:00", 160 * SECOND),
        (" 23:59:59 ", 86_399 * SECOND - 5),
        ("00:00", 0),
    ],
)
def test_a_moment_is_named(text: str, moment: int) -> None:
    """By the time of day, from here on, from the beginning, or of the whole."""
    assert moment_named(text, 100 * SECOND, 10_000 * SECOND, START) == moment


def test_without_a_time_of_day_it_is_a_position() -> None:
    """Where a file doesn't say when it began."""
    assert moment_named("1:02:03", 0, 0, None) == 3723 * SECOND
    assert moment_named("2:03", 0, 0, None) == 123 * SECOND


def test_a_time_of_day_comes_after_the_beginning() -> None:
    """On the next day, if need be."""
    assert moment_named("01:00", 0, 0, START + 2 * HOUR) == 23 * HOUR - 5


@pytest.mark.parametrize("text", ["", "soon", "25:00", "1:99", "5x", "%", "::", "1:2:3:4", "٣s"])
def test_what_names_none(text: str) -> None:
    """Is told as such."""
    assert moment_named(text, 0, 100, START) is None


def test_moments_are_written() -> None:
    """As people write them; "" where they can't be."""
    assert wall_time(START, HOUR) == "2026-11-20 01:00:00"
    assert (wall_time(None, 0), wall_time(1 << 100, 0)) == ("", "")
    assert moment_named("12:00", 0, 0, 1 << 100) is None
    assert [position(at * SECOND) for at in (0, 65, 3723, 360_000)] == [
        "0:00", "1:05", "1:02:03", "100:00:00",
    ]  # fmt: skip
