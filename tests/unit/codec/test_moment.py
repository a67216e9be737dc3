"""tracer.codec.moment"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.codec.moment import timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_moment_is_written_as_a_date(microseconds: int) -> None:
    """To the microsecond, as Python's own dates are."""
    expected = (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert timestamp(microseconds * 1000) == expected


def test_nanoseconds_are_cut() -> None:
    """Never rounded up: a moment is not written as a later one."""
    assert timestamp(999_999_999) == "1970-01-01T00:00:00.999999Z"


def test_dates_sort_as_moments_do() -> None:
    """Across seconds, that are kept to be written again."""
    moments = [n * 333_333_333 for n in range(100)]
    assert sorted(map(timestamp, moments)) == [timestamp(moment) for moment in moments]


def test_dates_are_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the host is."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert timestamp(1_790_000_007_000_000_000) == "2026-09-21T14:13:27.000000Z"
    finally:
        monkeypatch.undo()
        time.tzset()
