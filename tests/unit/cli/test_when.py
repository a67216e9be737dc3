"""tracer.cli.when"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from tracer.cli.when import moment, now_us, written
from tracer.errors import BadSearch


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two hours east of Greenwich."""
    monkeypatch.setenv("TZ", "EET-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


NOON = "2026-11-20T12:00:00+02:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", "2026-11-20T11:58:30+02:00"),
        ("2h", "2026-11-20T10:00:00+02:00"),
        ("3d ago", "2026-11-17T12:00:00+02:00"),
        ("1w", "2026-11-13T12:00:00+02:00"),
        ("9:30", "2026-11-20T09:30:00+02:00"),
        ("14:30", "2026-11-19T14:30:00+02:00"),
        ("11:59:59", "2026-11-20T11:59:59+02:00"),
        ("2026-11-01", "2026-11-01T00:00:00+02:00"),
        ("2026-11-01 08:15", "2026-11-01T08:15:00+02:00"),
        ("2026-11-01T08:15:00.25Z", "2026-11-01T08:15:00.250000+00:00"),
    ],
)
def test_moments_as_people_write_them(text: str, expected: str) -> None:
    """In their own zone, where they name none; a time of day is the last one that there was."""
    assert moment("--since", text, at(NOON)) == at(expected)


def test_no_text_is_no_moment() -> None:
    """And no error."""
    assert moment("--since", "", 0) is None


@pytest.mark.parametrize("text", ["soon", "25:00", "2026-13-01", "2 h", "-1h", "99999-01-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """With the option, and what it may be."""
    with pytest.raises(BadSearch, match=r"--until .*14:30, 2h"):
        moment("--until", text, at(NOON))


def test_moments_as_people_read_them() -> None:
    """In their own zone."""
    assert written(at(NOON) + 999_999) == "2026-11-20 12:00:00"


def test_now_is_now() -> None:
    """In the unit of all the others."""
    assert abs(now_us() / 1_000_000 - time.time()) < 60
