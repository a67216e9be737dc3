"""tracer.codec.moment"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.codec.moment import timestamp, to_the_second, wall_ns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_moment_is_written_as_a_date(microseconds: int) -> None:
    """To the microsecond, as Python's own dates are."""
    expected = (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert timestamp(microseconds * 1000) == expected


def test_seconds_for_people() -> None:
    """Of any year: what a file says that it began in is anything."""
    assert to_the_second(1_795_307_287_999_999_999) == "2026-11-22 00:28:07"
    assert to_the_second(253_402_300_800 * 1_000_000_000) == "10000-01-01 00:00:00"


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_date_is_read(microseconds: int) -> None:
    """There and back."""
    assert wall_ns(timestamp(microseconds * 1000)) == microseconds * 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-09-21",
        "2026-09-21T14:13:20Z",
        "2026-09-21T14:13:20.123Z",
        "2026-09-21T14:13:20.123456",
        "2026-09-21T14:13:20.123456+00:00",
        "2026-09-21T14:13:20.123456Z\n",
        "2026-09-21 14:13:20.123456Z",
        "2026-02-29T14:13:20.123456Z",
        "2026-09-21T24:13:20.123456Z",
        "2026-09-21T14:13:60.123456Z",
        "２０２６-09-21T14:13:20.123456Z",
        "0999-09-21T14:13:20.123456Z",
    ],
)
def test_what_is_no_date(text: str) -> None:
    """A moment is written in one way."""
    with pytest.raises(ValueError):
        wall_ns(text)


@given(
    st.text()
    | st.from_regex(r"[0-9]{4}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
)
def test_any_text_as_a_date(text: str) -> None:
    """It is refused, or the only text for that moment."""
    try:
        moment = wall_ns(text)
    except ValueError:
        return
    assert timestamp(moment) == text


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
